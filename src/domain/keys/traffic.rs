//! How much keys were used on each of the last days, for the small charts in lists.

use std::collections::HashMap;

use time::Duration;

use crate::db::usage;
use crate::domain::{DomainError, Op};
use crate::records::Key;

/// How many days these charts cover, including today.
pub const TRAFFIC_DAYS: usize = 30;

/// How often a key passed and was refused on each of the last [`TRAFFIC_DAYS`] days in UTC, the
/// oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests with the outcome `VALID`.
    pub passed: [i64; TRAFFIC_DAYS],
    /// Requests with any other outcome.
    pub refused: [i64; TRAFFIC_DAYS],
}

/// The traffic of these keys, which the actor was allowed to see, by their ids. Keys without any are
/// left out.
///
/// # Errors
/// The database fails.
pub fn traffic<'a>(
    op: &mut Op,
    keys: impl IntoIterator<Item = &'a Key>,
) -> Result<HashMap<i64, Traffic>, DomainError> {
    let ids: Vec<i64> = keys.into_iter().map(|key| key.id).collect();
    let days = i64::try_from(TRAFFIC_DAYS).unwrap_or(i64::MAX);
    let first = op.now().date() - Duration::days(days - 1);
    let mut traffic: HashMap<i64, Traffic> = HashMap::new();
    for day in usage::by_day(op.conn(), &ids, first, days)? {
        let Ok(position) = usize::try_from((day.day - first).whole_days()) else {
            continue;
        };
        let of_key = traffic.entry(day.key_id).or_default();
        of_key.passed[position] = day.passed;
        of_key.refused[position] = day.refused;
    }
    Ok(traffic)
}
