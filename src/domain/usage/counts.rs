//! Verifications by time and outcome.

use std::collections::BTreeMap;

use keyward_key::verdict::Outcome;

use super::Range;
use crate::clock::UtcTime;

/// How many verifications passed and were refused in each part of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The range.
    pub range: Range,
    /// When the first part begins.
    pub start: UtcTime,
    /// What passed in each part.
    pub passed: Vec<i64>,
    /// What was refused in each part, by the code of the outcome.
    pub refused: BTreeMap<String, Vec<i64>>,
}

impl Counts {
    /// The counts of `range` at the time `now`, from stored ones: start of the hour, outcome, requests.
    pub fn new(range: Range, now: UtcTime, stored: &[(UtcTime, String, i64)]) -> Self {
        let mut counts = Counts {
            range,
            start: range.start(now),
            passed: vec![0; range.count()],
            refused: BTreeMap::new(),
        };
        for (hour, outcome, requests) in stored {
            let steps = (*hour - counts.start).whole_seconds() / range.step().whole_seconds();
            let before = *hour < counts.start;
            let Some(part) = usize::try_from(steps).ok().filter(|_| !before) else {
                continue;
            };
            if part >= range.count() {
                continue; // Counted by a clock ahead of this one.
            }
            match outcome == Outcome::Valid.code() {
                true => counts.passed[part] += requests,
                false => {
                    let refused = counts.refused.entry(outcome.clone());
                    refused.or_insert_with(|| vec![0; range.count()])[part] += requests;
                }
            }
        }
        counts
    }

    /// When a part begins.
    pub fn start_of(&self, part: usize) -> UtcTime {
        self.start + self.range.step() * i32::try_from(part).unwrap_or(i32::MAX)
    }

    /// How many passed in all.
    pub fn all_passed(&self) -> i64 {
        self.passed.iter().sum()
    }

    /// How many were refused in all.
    pub fn all_refused(&self) -> i64 {
        self.refused.values().flatten().sum()
    }

    /// How many were refused in one part.
    pub fn refused_in(&self, part: usize) -> i64 {
        self.refused.values().map(|parts| parts[part]).sum()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn counts_fall_into_their_parts() {
        let now = datetime!(2026-11-20 13:30);
        let stored = [
            (datetime!(2026-11-13 17:00), "VALID", 1),
            (datetime!(2026-11-13 18:00), "VALID", 2),
            (datetime!(2026-11-13 23:00), "VALID", 4),
            (datetime!(2026-11-20 13:00), "EXPIRED", 8),
            (datetime!(2026-11-20 18:00), "VALID", 16),
        ];
        let stored = stored.map(|(hour, outcome, requests)| (hour, outcome.to_owned(), requests));
        let counts = Counts::new(Range::Week, now, &stored);
        assert_eq!((counts.passed[0], counts.all_passed()), (6, 6));
        assert_eq!(counts.refused["EXPIRED"][27], 8);
        assert_eq!(counts.refused_in(27), counts.all_refused());
        assert_eq!(counts.start_of(27), datetime!(2026-11-20 12:00));
    }
}
