//! Cursors: where a page of a list begins, as an opaque word in its URL.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

use crate::clock::{from_micros, to_micros};
use crate::db::key_list::{Seek, SortBy, SortValue};

/// The cursor for a URL.
pub fn encode(seek: &Seek) -> String {
    let value = match &seek.value {
        SortValue::Id => String::new(),
        SortValue::Text(text) => text.clone(),
        SortValue::Time(at) => to_micros(*at).to_string(),
    };
    BASE64_URL_SAFE_NO_PAD.encode(format!("{} {value}", seek.id))
}

/// The place a cursor stands for in a list sorted by `by`; `None` if it is not a cursor.
pub fn decode(cursor: &str, by: SortBy, backwards: bool) -> Option<Seek> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, value) = text
        .split_once(' ')
        .filter(|_| !text.contains(char::is_control))?;
    let value = match by {
        SortBy::Created => SortValue::Id,
        SortBy::Label => SortValue::Text(value.to_owned()),
        SortBy::Expires | SortBy::LastUsed => SortValue::Time(from_micros(value.parse().ok()?)),
    };
    Some(Seek {
        value,
        id: id.parse().ok()?,
        backwards,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for (by, value) in [
            (SortBy::Created, SortValue::Id),
            (
                SortBy::Label,
                SortValue::Text("schlüssel mit leerzeichen".into()),
            ),
            (SortBy::Expires, SortValue::Time(datetime!(9999-12-31 0:00))),
            (
                SortBy::LastUsed,
                SortValue::Time(datetime!(2026-11-20 12:00:00.000001)),
            ),
        ] {
            let seek = Seek {
                value,
                id: 7,
                backwards: true,
            };
            assert_eq!(decode(&encode(&seek), by, true), Some(seek));
        }
    }

    #[test]
    fn an_invented_cursor_is_none() {
        for cursor in ["", "x", "!!", "NyA", "bm9wZQ"] {
            assert_eq!(decode(cursor, SortBy::Expires, false), None, "{cursor}");
        }
    }
}
