//! Read how a key is used: how often, with what outcome, and from where.

use std::collections::BTreeSet;

use keyward_key::verdict::Outcome;
use time::{Date, Duration};

use crate::access::{Action, policy};
use crate::clock::{UtcTime, start_of_hour};
use crate::db::{self, projects, sources, usage_gaps};
use crate::domain::usage::{Counts, Range};
use crate::domain::{DomainError, Op};
use crate::records::{Key, Source};

/// How many days a key's page covers, including today.
pub const DAYS: i64 = 30;

/// How a key is used.
#[derive(Debug)]
pub struct KeyUsage {
    /// The last [`DAYS`] days in UTC, oldest first.
    pub days: Vec<DayUsage>,
    /// How many requests passed in the last 24 hours.
    pub passed_last_day: i64,
    /// The latest sources, most recent first.
    pub sources: Vec<Source>,
    /// What is missing from all this; `None` if it is complete.
    pub gap: Option<UsageGap>,
    /// How often it was presented since it ended; `None` while it works.
    pub after_end: Option<AfterEnd>,
}

/// How often a key was presented after it had ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AfterEnd {
    /// How many requests were refused because it had.
    pub refused: i64,
    /// From how many addresses, among the latest sources.
    pub addresses: usize,
}

/// When not everything was recorded that happened with any key, and how much is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageGap {
    /// The start of the first hour.
    pub from: UtcTime,
    /// The end of the last hour.
    pub until: UtcTime,
    /// Requests that were not counted, of all keys together.
    pub requests: i64,
    /// Requests that were counted without address and user agent, of all keys together.
    pub without_source: i64,
}

/// How often a key passed and was refused on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayUsage {
    /// In UTC.
    pub day: Date,
    /// How many requests had the outcome `VALID`.
    pub passed: i64,
    /// How many requests had any other outcome.
    pub refused: i64,
}

/// How often `key` passed and was refused in `range`.
///
/// # Errors
/// The actor may not see it.
pub fn counts(op: &mut Op, key: &Key, range: Range) -> Result<Counts, DomainError> {
    policy::allow(op.actor(), Action::SeeKeys, Some(key.project_id))?;
    let now = op.now();
    let stored = db::usage::of_key(op.conn(), key.id, range.start(now))?;
    Ok(Counts::new(range, now, &stored))
}

/// How `key` is used.
///
/// # Errors
/// The actor may not see it.
pub fn usage(op: &mut Op, key: &Key) -> Result<KeyUsage, DomainError> {
    policy::allow(op.actor(), Action::SeeKeys, Some(key.project_id))?;
    let now = op.now();
    let first = now.date() - Duration::days(DAYS - 1);
    let mut days: Vec<DayUsage> = (0..DAYS)
        .map(|offset| DayUsage {
            day: first + Duration::days(offset),
            passed: 0,
            refused: 0,
        })
        .collect();
    let counts = db::usage::of_key(op.conn(), key.id, first.midnight())?;
    for (hour, outcome, requests) in &counts {
        let position = (hour.date() - first).whole_days();
        let Some(day) = usize::try_from(position)
            .ok()
            .and_then(|position| days.get_mut(position))
        else {
            continue; // Counted by a clock ahead of this one.
        };
        match outcome == Outcome::Valid.code() {
            true => day.passed += requests,
            false => day.refused += requests,
        }
    }
    let sources = sources::of_key(op.conn(), key.id)?;
    Ok(KeyUsage {
        days,
        passed_last_day: passed_since(&counts, last_day(now)),
        after_end: after_end(op, key, &sources)?,
        sources,
        gap: gap_since(op, start_of_hour(key.created_at).max(first.midnight()))?,
    })
}

/// What came with a key that has ended, or whose project has.
fn after_end(op: &mut Op, key: &Key, sources: &[Source]) -> Result<Option<AfterEnd>, DomainError> {
    let now = op.now();
    let project = projects::by_id(op.conn(), key.project_id)?;
    let archived = project.and_then(|project| project.archived_at);
    let Some(ended) = key.ended_at(now).into_iter().chain(archived).min() else {
        return Ok(None);
    };
    let is_end = |code: &str| matches!(code, "REVOKED" | "EXPIRED");
    // Counts that are older than a week are those of whole days.
    let counts = db::usage::of_key(op.conn(), key.id, ended.date().midnight())?;
    let refused = counts.iter().filter(|(_, outcome, _)| is_end(outcome));
    let addresses: BTreeSet<&str> = sources
        .iter()
        .filter(|source| source.refused_at.is_some_and(|at| at >= ended))
        .filter(|source| source.refusal.as_deref().is_some_and(is_end))
        .map(|source| source.ip.as_str())
        .collect();
    Ok(Some(AfterEnd {
        refused: refused.map(|(.., requests)| requests).sum(),
        addresses: addresses.len(),
    }))
}

/// What is missing from counts since `since`, of all keys together; `None` if they are complete.
///
/// # Errors
/// The database fails.
pub fn gap_since(op: &mut Op, since: UtcTime) -> Result<Option<UsageGap>, DomainError> {
    let gaps = usage_gaps::since(op.conn(), since)?;
    let (Some(first), Some(last)) = (gaps.first(), gaps.last()) else {
        return Ok(None);
    };
    Ok(Some(UsageGap {
        from: first.hour,
        until: last.hour + Duration::HOUR,
        requests: gaps.iter().map(|gap| gap.requests).sum(),
        without_source: gaps.iter().map(|gap| gap.without_source).sum(),
    }))
}

/// How many requests with a key passed in the last 24 hours. Counts are kept by the hour, so
/// this includes the whole of the hour that was under way 24 hours ago.
///
/// # Errors
/// The database fails.
pub(super) fn passed_last_day(op: &mut Op, key: &Key) -> Result<i64, DomainError> {
    let since = last_day(op.now());
    let counts = db::usage::of_key(op.conn(), key.id, since)?;
    Ok(passed_since(&counts, since))
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
