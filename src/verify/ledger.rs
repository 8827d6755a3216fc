//! Counts of verifications, before they are added up.
//!
//! Each thread keeps its own counts, so that threads that verify the same key do not wait for each
//! other: two threads adding to one number take eight times as long as each adding to its own.

mod callers;
mod missed;
mod row;
mod scopes;
mod table;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use keyward_key::verdict::Outcome;
use thread_local::ThreadLocal;

pub use self::callers::{Caller, Callers};
pub use self::missed::{Missed, MissedByHour, Warnings};
pub use self::row::{NO_SOURCE, Row, combine};
use self::scopes::ScopeCounts;
pub use self::scopes::ScopeHour;
use self::table::{Room, Table};

/// How many rows all threads may count in between two gatherings: 8 MiB.
const MOST_ROWS: usize = (8 << 20) / size_of::<Row>();
/// How many callers a thread remembers to have met.
const REMEMBERED: usize = 64;

/// The counts of all threads since they were last taken.
pub struct Ledger {
    pages: ThreadLocal<Mutex<Page>>,
    room: Room,
    /// Everybody that a row names.
    pub callers: Callers,
}

/// The counts of one thread.
struct Page {
    table: Table,
    /// Callers that [`Callers`] knows, each at the place that the end of its id names.
    met: [u64; REMEMBERED],
    scopes: ScopeCounts,
    missed: MissedByHour,
}

impl Default for Page {
    fn default() -> Self {
        Page {
            table: Table::default(),
            met: [NO_SOURCE; REMEMBERED],
            scopes: ScopeCounts::default(),
            missed: MissedByHour::default(),
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::with_room(MOST_ROWS)
    }
}

impl Ledger {
    fn with_room(rows: usize) -> Self {
        Ledger {
            pages: ThreadLocal::new(),
            room: Room::new(rows),
            callers: Callers::default(),
        }
    }

    /// Counts a verification of a known key. `used` are the scopes that were asked for and that the key
    /// had; an empty one stands for a request that asked for none.
    pub fn record<'a>(
        &self,
        key: i64,
        outcome: Outcome,
        caller: &Caller,
        used: impl Iterator<Item = &'a str>,
        now: i64,
    ) {
        let row = Row::new(key, self.callers.id(caller), outcome, now);
        let page = self.pages.get_or_default();
        let mut page = page.lock().unwrap_or_else(PoisonError::into_inner);
        for scope in used {
            if !page.scopes.record(key, scope, now) {
                page.missed.sources(&row);
            }
        }
        if !page.table.add_to_known(&row) {
            self.begin(&mut page, row, caller);
        }
    }

    /// Counts the first request of its kind. If room is short, sources are left out first, then
    /// requests of keys that nothing was counted for yet.
    fn begin(&self, page: &mut Page, mut row: Row, caller: &Caller) {
        let keeps_source =
            page.table.has_plenty_of_room(&self.room) && self.has_met(page, row.caller, caller);
        if !keeps_source {
            page.missed.sources(&row);
            row.caller = NO_SOURCE;
            if page.table.add_to_known(&row) {
                return;
            }
        }
        match page.table.has_room() {
            true => page.table.insert(row),
            false => page.missed.requests(&row),
        }
    }

    fn has_met(&self, page: &mut Page, id: u64, caller: &Caller) -> bool {
        let place = id as usize % REMEMBERED;
        if page.met[place] == id {
            return true;
        }
        let is_kept = self.callers.meet(id, caller);
        if is_kept {
            page.met[place] = id;
        }
        is_kept
    }

    /// Moves everything counted so far to `rows` and `scopes`, and what could not be counted to `missed`.
    pub fn take(
        &self,
        rows: &mut Vec<Row>,
        scopes: &mut BTreeMap<ScopeHour, i64>,
        missed: &mut MissedByHour,
    ) {
        self.callers.begin_gathering();
        for page in &self.pages {
            let mut page = page.lock().unwrap_or_else(PoisonError::into_inner);
            page.met = [NO_SOURCE; REMEMBERED];
            page.table.take(rows, &self.room);
            for (place, count) in page.scopes.take() {
                *scopes.entry(place).or_default() += i64::from(count);
            }
            missed.take_in(&mut page.missed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter::empty;

    use super::*;

    const NOW: i64 = 1_795_000_000_000_000;

    fn curl() -> Caller<'static> {
        Caller {
            ip: None,
            user_agent: Some(b"curl/8"),
        }
    }

    fn take(ledger: &Ledger) -> (Vec<Row>, Missed) {
        let (mut rows, mut missed) = (Vec::new(), MissedByHour::default());
        ledger.take(&mut rows, &mut BTreeMap::new(), &mut missed);
        (rows, missed.total())
    }

    #[test]
    fn threads_count_for_themselves_and_nothing_is_lost() {
        let ledger = Ledger::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for turn in 0..1_000 {
                        let outcome = match turn % 10 {
                            0 => Outcome::Revoked,
                            _ => Outcome::Valid,
                        };
                        ledger.record(7, outcome, &curl(), empty(), NOW);
                    }
                });
            }
        });
        let (taken, missed) = take(&ledger);
        let count = |wanted| -> u32 {
            let rows = taken.iter().filter(|row| row.outcome() == wanted);
            rows.map(|row| row.requests).sum()
        };
        assert_eq!(
            (count(Outcome::Valid), count(Outcome::Revoked)),
            (3_600, 400)
        );
        assert_eq!(missed, Missed::default());
        assert!(take(&ledger).0.is_empty());
    }

    #[test]
    fn without_room_known_keys_go_on_counting_and_the_rest_is_missed_by_number() {
        let ledger = Ledger::with_room(0);
        for key in 0..1_000 {
            ledger.record(key, Outcome::Valid, &curl(), empty(), NOW);
            ledger.record(0, Outcome::Valid, &curl(), empty(), NOW);
        }
        let (rows, missed) = take(&ledger);
        let counted: u32 = rows.iter().map(|row| row.requests).sum();
        assert_eq!(i64::from(counted) + missed.requests, 2_000);
        assert_eq!(
            rows.iter().find(|row| row.key == 0).unwrap().requests,
            1_001
        );
        assert!(rows.len() < 64 && missed.requests > 900, "{missed:?}");
    }

    #[test]
    fn invented_addresses_of_one_key_are_counted_without_their_source_in_the_end() {
        let ledger = Ledger::with_room(0);
        for number in 0..10_000_u32 {
            let ip = Some(std::net::IpAddr::V4(number.into()));
            let caller = Caller { ip, ..curl() };
            ledger.record(7, Outcome::Valid, &caller, empty(), NOW);
        }
        let (rows, missed) = take(&ledger);
        let counted: u32 = rows.iter().map(|row| row.requests).sum();
        assert_eq!((counted, missed.requests), (10_000, 0));
        let without = rows.iter().find(|row| row.caller == NO_SOURCE).unwrap();
        assert_eq!(i64::from(without.requests), missed.sources);
    }
}
