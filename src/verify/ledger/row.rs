//! One count: how often a key was presented by one caller, in one hour, with one outcome.

use keyward_key::verdict::Outcome;

use crate::clock::{UtcTime, from_micros};

/// The id that stands for a caller of which nothing is kept.
pub const NO_SOURCE: u64 = 0;

const HOUR: i64 = 3_600_000_000;

/// Every outcome, by its number in a row.
const OUTCOMES: [Outcome; 10] = [
    Outcome::Valid,
    Outcome::Missing,
    Outcome::Ambiguous,
    Outcome::NotFound,
    Outcome::Revoked,
    Outcome::Expired,
    Outcome::WrongEnvironment(keyward_key::Environment::Live),
    Outcome::IpNotAllowed,
    Outcome::InsufficientScope,
    Outcome::RateLimited,
];

/// A count. Two of them fit in a cache line, and a million in 32 MiB. Times are kept in microseconds
/// from the start of the hour, which fit in 32 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The presented key.
    pub key: i64,
    /// Stands for address and user agent, see [`Callers`](super::callers::Callers).
    pub caller: u64,
    /// Hours since 1970 in the upper 24 bits, and the number of the outcome.
    kind: u32,
    first: u32,
    last: u32,
    /// Zero is an empty place in a table.
    pub requests: u32,
}

const _: () = assert!(size_of::<Row>() == 32);

impl Row {
    /// One request, at a time in microseconds since 1970.
    pub fn new(key: i64, caller: u64, outcome: Outcome, now: i64) -> Self {
        let (hour, within) = (now.max(0) / HOUR, now.max(0) % HOUR);
        let within = u32::try_from(within).unwrap_or(u32::MAX);
        Row {
            key,
            caller,
            kind: (u32::try_from(hour).unwrap_or(u32::MAX) << 8) | u32::from(number(outcome)),
            first: within,
            last: within,
            requests: 1,
        }
    }

    /// Tells rows apart. Rows are sorted by it: by key, hour, outcome and caller.
    pub fn name(&self) -> (i64, u32, u64) {
        (self.key, self.kind, self.caller)
    }

    /// Whether both count the same.
    pub fn is_like(&self, other: &Row) -> bool {
        self.key == other.key && self.caller == other.caller && self.kind == other.kind
    }

    /// Adds a row that [is like](Self::is_like) this one.
    pub fn add(&mut self, other: &Row) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.requests = self.requests.saturating_add(other.requests);
    }

    /// How the requests ended.
    pub fn outcome(&self) -> Outcome {
        let number = self.kind & 0xff;
        OUTCOMES[number as usize]
    }

    /// The start of the hour of all these requests.
    pub fn hour(&self) -> UtcTime {
        from_micros(self.hour_micros())
    }

    /// The first of these requests.
    pub fn first(&self) -> UtcTime {
        from_micros(self.hour_micros() + i64::from(self.first))
    }

    /// The latest of these requests.
    pub fn last(&self) -> UtcTime {
        from_micros(self.last_micros())
    }

    /// The latest of these requests, in microseconds since 1970.
    pub fn last_micros(&self) -> i64 {
        self.hour_micros() + i64::from(self.last)
    }

    fn hour_micros(&self) -> i64 {
        i64::from(self.kind >> 8) * HOUR
    }
}

/// Sorts rows, and adds up those that are alike.
pub fn combine(rows: &mut Vec<Row>) {
    rows.sort_unstable_by_key(Row::name);
    rows.dedup_by(|row, kept| {
        let same = row.is_like(kept);
        if same {
            kept.add(row);
        }
        same
    });
}

fn number(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Valid => 0,
        Outcome::Missing => 1,
        Outcome::Ambiguous => 2,
        Outcome::NotFound => 3,
        Outcome::Revoked => 4,
        Outcome::Expired => 5,
        Outcome::WrongEnvironment(_) => 6,
        Outcome::IpNotAllowed => 7,
        Outcome::InsufficientScope => 8,
        Outcome::RateLimited => 9,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::clock::to_micros;

    #[test]
    fn a_row_knows_its_outcome_hour_and_times() {
        let at = datetime!(2026-11-21 12:59:59.999_999);
        for outcome in OUTCOMES {
            let row = Row::new(7, 1, outcome, to_micros(at));
            assert_eq!(row.outcome(), outcome);
            assert_eq!(row.hour(), datetime!(2026-11-21 12:00));
            assert_eq!((row.first(), row.last()), (at, at));
        }
    }

    #[test]
    fn rows_that_are_alike_add_up_and_others_stay_apart() {
        let at = to_micros(datetime!(2026-11-21 12:30));
        let row = |caller, outcome, later| Row::new(7, caller, outcome, at + later);
        let mut rows = vec![
            row(1, Outcome::Valid, 5),
            row(2, Outcome::Valid, 0),
            row(1, Outcome::Revoked, 0),
            row(1, Outcome::Valid, HOUR),
            row(1, Outcome::Valid, 0),
        ];
        combine(&mut rows);
        assert_eq!(rows.len(), 4);
        assert_eq!((rows[0].caller, rows[0].requests), (1, 2));
        assert_eq!(to_micros(rows[0].first()), at);
        assert_eq!(rows[0].last_micros(), at + 5);
    }
}
