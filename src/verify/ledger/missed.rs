//! What could not be recorded, because everything that may be kept in memory was in use.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::row::{NO_SOURCE, Row};
use crate::clock::UtcTime;

/// The shortest time between two warnings.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(60);

/// How many requests were not, or not completely, recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    /// Requests that were not counted at all.
    pub requests: i64,
    /// Requests that were counted, but not with the address and user agent they came from, or not with
    /// the scopes that they asked for.
    pub sources: i64,
}

/// What was missed, by the hour that it was missed in.
#[derive(Debug, Default)]
pub struct MissedByHour(pub BTreeMap<UtcTime, Missed>);

impl MissedByHour {
    /// These requests are not counted, not even without their source.
    pub fn requests(&mut self, row: &Row) {
        let (missed, requests) = (self.of(row), i64::from(row.requests));
        missed.requests += requests;
        if row.caller == NO_SOURCE {
            missed.sources = (missed.sources - requests).max(0);
        }
    }

    /// These requests are counted without their source.
    pub fn sources(&mut self, row: &Row) {
        self.of(row).sources += i64::from(row.requests);
    }

    /// So many requests of an hour are counted without a scope that they asked for.
    pub fn scopes(&mut self, hour: UtcTime, requests: i64) {
        self.0.entry(hour).or_default().sources += requests;
    }

    fn of(&mut self, row: &Row) -> &mut Missed {
        self.0.entry(row.hour()).or_default()
    }

    /// Moves everything from `other` to this one.
    pub fn take_in(&mut self, other: &mut MissedByHour) {
        for (hour, missed) in std::mem::take(&mut other.0) {
            self.0.entry(hour).or_default().add(missed);
        }
    }

    /// All of it.
    pub fn total(&self) -> Missed {
        let mut total = Missed::default();
        self.0.values().for_each(|missed| total.add(*missed));
        total
    }
}

impl Missed {
    fn add(&mut self, other: Missed) {
        self.requests += other.requests;
        self.sources += other.sources;
    }
}

/// Warns in the log, at most once a minute.
#[derive(Debug, Default)]
pub struct Warnings {
    unsaid: Missed,
    last: Option<Instant>,
}

impl Warnings {
    /// Says what was missed since the last warning, if it is time.
    pub fn warn(&mut self, missed: Missed) {
        self.unsaid.add(missed);
        let is_due = self
            .last
            .is_none_or(|last| last.elapsed() >= BETWEEN_WARNINGS);
        if is_due && self.unsaid != Missed::default() {
            let Missed { requests, sources } = std::mem::take(&mut self.unsaid);
            self.last = Some(Instant::now());
            tracing::warn!(
                requests,
                sources,
                "some usage was not recorded: more keys or callers than fit in memory until the \
                 database has them"
            );
        }
    }
}
