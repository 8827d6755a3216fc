//! Which scopes keys were asked for, and had: counted by key, scope and hour.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

const HOUR: i64 = 3_600_000_000;
/// How many counts one thread keeps between two gatherings: 4 MiB.
const MOST_COUNTS: usize = 1 << 17;
/// How many names of scopes: 0.1 MiB.
const MOST_NAMES: usize = 1 << 10;

/// The counts of one thread. Names are kept once, and counts name them by a hash.
#[derive(Default)]
pub struct ScopeCounts {
    hashes: RandomState,
    counts: HashMap<Place, u32, RandomState>,
    names: HashMap<u64, Box<str>, RandomState>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    key: i64,
    scope: u64,
    /// Hours since 1970.
    hour: i64,
}

/// A key, a scope, and the start of an hour in microseconds since 1970.
pub type ScopeHour = (i64, Box<str>, i64);

impl ScopeCounts {
    /// Counts a request at a time in microseconds since 1970. An empty scope stands for none. Returns
    /// false if there is no room.
    pub fn record(&mut self, key: i64, scope: &str, now: i64) -> bool {
        let place = Place {
            key,
            scope: self.hashes.hash_one(scope),
            hour: now.max(0) / HOUR,
        };
        if let Some(count) = self.counts.get_mut(&place) {
            *count = count.saturating_add(1);
            return true;
        }
        let is_named = self.names.contains_key(&place.scope);
        if self.counts.len() == MOST_COUNTS || !is_named && self.names.len() == MOST_NAMES {
            return false;
        }
        if !is_named {
            self.names.insert(place.scope, scope.into());
        }
        self.counts.insert(place, 1);
        true
    }

    /// Moves everything counted so far out.
    pub fn take(&mut self) -> impl Iterator<Item = (ScopeHour, u32)> {
        let counts = std::mem::take(&mut self.counts);
        let names = std::mem::take(&mut self.names);
        counts.into_iter().filter_map(move |(place, count)| {
            let scope = names.get(&place.scope)?.clone();
            Some(((place.key, scope, place.hour * HOUR), count))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000_000;

    #[test]
    fn requests_are_counted_by_key_scope_and_hour() {
        let mut counts = ScopeCounts::default();
        for (key, scope, at) in [
            (7, "read:assets", NOW),
            (7, "read:assets", NOW + 1),
            (7, "", NOW),
            (7, "read:assets", NOW + HOUR),
            (8, "read:assets", NOW),
        ] {
            assert!(counts.record(key, scope, at));
        }
        let mut taken: Vec<_> = counts.take().collect();
        taken.sort();
        let hour = NOW / HOUR * HOUR;
        let expected = [
            ((7, "".into(), hour), 1),
            ((7, "read:assets".into(), hour), 2),
            ((7, "read:assets".into(), hour + HOUR), 1),
            ((8, "read:assets".into(), hour), 1),
        ];
        assert_eq!(taken, expected);
        assert_eq!(counts.take().count(), 0);
    }

    #[test]
    fn invented_names_and_many_keys_fill_it_up_to_a_limit() {
        let mut counts = ScopeCounts::default();
        let named = (0..2_000).filter(|n| counts.record(7, &format!("s{n}"), NOW));
        assert_eq!(named.count(), MOST_NAMES);
        let keys = (0..200_000).filter(|key| counts.record(*key, "s0", NOW));
        // The key 7 is there already.
        assert_eq!(keys.count(), MOST_COUNTS - MOST_NAMES + 1);
    }
}
