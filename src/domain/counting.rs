//! Counts that stop early.

use crate::db::key_list;

/// The words behind a count that stopped at [`key_list::COUNTED`].
pub fn or_more(count: i64) -> &'static str {
    match count >= key_list::COUNTED {
        true => " or more",
        false => "",
    }
}
