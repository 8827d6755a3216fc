//! Read how a key is used: how often, how that ended, and from where.

use time::{Date, Duration};

use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::clock::{UtcTime, start_of_hour};
use crate::db::sources::{self, Source};
use crate::db::{AnyConnection, usage};
use crate::key::Key;
use crate::key::verdict::Outcome;

/// How many days a key's page looks back, today included.
pub const DAYS: i64 = 30;

/// How a key is used.
#[derive(Debug)]
pub struct KeyUsage {
    /// The last [`DAYS`] days in UTC, the latest last.
    pub days: Vec<DayUsage>,
    /// How many requests passed in the last 24 hours.
    pub passed_last_day: i64,
    /// The latest sources, the latest first.
    pub sources: Vec<Source>,
}

/// How often a key passed and was refused on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayUsage {
    pub day: Date,
    pub passed: i64,
    pub refused: i64,
}

/// How `key` is used.
///
/// # Errors
/// The actor may not see it.
pub fn read_usage(
    conn: &mut AnyConnection,
    actor: &Actor,
    key: &Key,
    now: UtcTime,
) -> Result<KeyUsage, DomainError> {
    policy::require(actor, Action::SeeKeys, Some(key.project_id))?;
    let first = now.date() - Duration::days(DAYS - 1);
    let mut days: Vec<DayUsage> = (0..DAYS)
        .map(|offset| DayUsage {
            day: first + Duration::days(offset),
            passed: 0,
            refused: 0,
        })
        .collect();
    let counts = usage::of_key(conn, key.id, first.midnight())?;
    for (hour, outcome, requests) in &counts {
        let position = (hour.date() - first).whole_days();
        let Some(day) = usize::try_from(position)
            .ok()
            .and_then(|position| days.get_mut(position))
        else {
            continue; // Counted ahead of this clock.
        };
        match outcome == Outcome::Valid.code() {
            true => day.passed += requests,
            false => day.refused += requests,
        }
    }
    Ok(KeyUsage {
        days,
        passed_last_day: passed_since(&counts, last_day(now)),
        sources: sources::of_key(conn, key.id)?,
    })
}

/// How many requests with a key passed in the last 24 hours. Counts are kept by the hour, so
/// this includes the whole of the hour that was under way 24 hours ago.
///
/// # Errors
/// The actor may not see the key.
pub fn passed_last_day(
    conn: &mut AnyConnection,
    actor: &Actor,
    key: &Key,
    now: UtcTime,
) -> Result<i64, DomainError> {
    policy::require(actor, Action::SeeKeys, Some(key.project_id))?;
    let since = last_day(now);
    Ok(passed_since(&usage::of_key(conn, key.id, since)?, since))
}

fn last_day(now: UtcTime) -> UtcTime {
    start_of_hour(now - Duration::DAY)
}

fn passed_since(counts: &[(UtcTime, String, i64)], since: UtcTime) -> i64 {
    let passed = counts
        .iter()
        .filter(|(hour, outcome, _)| *hour >= since && outcome == Outcome::Valid.code());
    passed.map(|(.., requests)| requests).sum()
}
