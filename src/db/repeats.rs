//! Refusals that repeat, folded: the first is written at once, and those of the next minute become
//! one audit entry that says how many there were. So nobody can fill the log by being refused.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::Duration;

use super::{Connection, DbError, NewEntry, change};
use crate::clock::{UtcTime, rfc3339};

/// How long repeats are counted before they are written.
const MINUTE: Duration = Duration::MINUTE;
/// How many different refusals are counted at once. Others are written one by one.
const AT_ONCE: usize = 1_000;
/// How many addresses one entry lists.
const ADDRESSES: usize = 10;

/// The refusals of the last minute.
#[derive(Default)]
pub struct Repeats(Mutex<HashMap<Refusal, Minute>>);

/// Refusals fold if they are the same in this.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Refusal {
    actor: String,
    actor_id: Option<i64>,
    action: &'static str,
    subject: String,
    project_id: Option<i64>,
}

struct Minute {
    began: UtcTime,
    run: Option<Run>,
}

/// Repeats that are not in the log yet.
struct Run {
    count: i64,
    first_at: UtcTime,
    addresses: BTreeSet<String>,
    last: NewEntry,
}

impl Repeats {
    /// Counts `entry` if the log has one of the same kind already, and returns whether it does.
    fn count(&self, entry: &NewEntry) -> bool {
        let mut minutes = self.minutes();
        let has_room = minutes.len() < AT_ONCE;
        match minutes.entry(Refusal::of(entry)) {
            Entry::Occupied(mut minute) => {
                minute.get_mut().add(Run::of(entry));
                return true;
            }
            Entry::Vacant(minute) if has_room => drop(minute.insert(Minute {
                began: entry.at,
                run: None,
            })),
            Entry::Vacant(_) => {}
        }
        false
    }

    /// Forgets that the log has an entry of this kind, unless others were counted since.
    fn was_not_written(&self, refusal: &Refusal) {
        let mut minutes = self.minutes();
        if minutes
            .get(refusal)
            .is_some_and(|minute| minute.run.is_none())
        {
            minutes.remove(refusal);
        }
    }

    /// Takes what was counted in minutes that are over by `now`, or in all.
    fn take(&self, now: UtcTime, all: bool) -> Vec<(Refusal, Run)> {
        let mut taken = Vec::new();
        self.minutes().retain(|refusal, minute| {
            // A clock that was set back ends a minute too.
            if !all && (now - minute.began).abs() < MINUTE {
                return true;
            }
            let run = minute.run.take();
            minute.began = now;
            let goes_on = run.is_some();
            taken.extend(run.map(|run| (refusal.clone(), run)));
            goes_on
        });
        taken
    }

    fn put_back(&self, refusal: Refusal, run: Run) {
        let minute = Minute {
            began: run.first_at,
            run: None,
        };
        self.minutes().entry(refusal).or_insert(minute).add(run);
    }

    fn minutes(&self) -> MutexGuard<'_, HashMap<Refusal, Minute>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refusal {
    fn of(entry: &NewEntry) -> Self {
        Refusal {
            actor: entry.actor.clone(),
            actor_id: entry.actor_id,
            action: entry.action,
            subject: entry.subject.clone(),
            project_id: entry.project_id,
        }
    }
}

impl Minute {
    fn add(&mut self, more: Run) {
        let Some(run) = &mut self.run else {
            self.run = Some(more);
            return;
        };
        run.count += more.count;
        run.first_at = run.first_at.min(more.first_at);
        run.addresses.extend(more.addresses);
        while run.addresses.len() > ADDRESSES {
            run.addresses.pop_last();
        }
        // Not all of them came with the same token.
        if run.last.details != more.last.details {
            run.last.details.clear();
        }
        if more.last.at >= run.last.at {
            let details = std::mem::take(&mut run.last.details);
            run.last = more.last;
            run.last.details = details;
        }
    }
}

impl Run {
    fn of(entry: &NewEntry) -> Self {
        Run {
            count: 1,
            first_at: entry.at,
            addresses: entry.client_ip().map(str::to_owned).into_iter().collect(),
            last: entry.clone(),
        }
    }

    /// The entry for all of them. One alone is written as if it had not waited.
    fn entry(&self) -> NewEntry {
        let entry = self.last.clone();
        if self.count == 1 {
            return entry;
        }
        let addresses: Vec<String> = self.addresses.iter().cloned().collect();
        entry
            .with("addresses", addresses)
            .with("count", self.count)
            .with("first_at", rfc3339(self.first_at))
            .with("last_at", rfc3339(self.last.at))
    }
}

/// Writes an audit entry about something that was refused. If one of the same kind was written
/// lately through the same pool, it is counted instead, for [`write_over`].
///
/// # Errors
/// The database fails; nothing is written then.
pub fn note_refusal(conn: &mut Connection, entry: NewEntry) -> Result<(), DbError> {
    let Some(repeats) = conn.repeats().cloned() else {
        return change::note(conn, entry);
    };
    if repeats.count(&entry) {
        return Ok(());
    }
    let refusal = Refusal::of(&entry);
    change::note(conn, entry).inspect_err(|_| repeats.was_not_written(&refusal))
}

/// Writes what was counted in minutes that are over by `now`, or in `all` of them. What can't be
/// written stays counted.
///
/// # Errors
/// The database fails.
pub fn write_over(conn: &mut Connection, now: UtcTime, all: bool) -> Result<(), DbError> {
    let mut result = Ok(());
    let Some(repeats) = conn.repeats().cloned() else {
        return result;
    };
    for (refusal, run) in repeats.take(now, all) {
        if result.is_ok() {
            result = change::note(conn, run.entry());
        }
        if result.is_err() {
            repeats.put_back(refusal, run);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::access::{Actor, Origin};

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    fn refusal(subject: &str, at: UtcTime, address: &str) -> NewEntry {
        let origin = Origin {
            client_ip: Some(address.into()),
            ..Origin::default()
        };
        NewEntry::new(&Actor::nobody(origin), at, "session.refused", subject)
    }

    #[test]
    fn repeats_of_a_minute_become_one_entry_with_their_number() {
        let repeats = Repeats::default();
        assert!(!repeats.count(&refusal("a", NOW, "192.0.2.1")));
        for second in 1..=5 {
            let at = NOW + Duration::seconds(second);
            let address = format!("192.0.2.{}", second % 2);
            assert!(repeats.count(&refusal("a", at, &address)));
        }
        assert!(!repeats.count(&refusal("b", NOW, "192.0.2.1")));
        assert!(repeats.take(NOW + Duration::seconds(59), false).is_empty());
        let taken = repeats.take(NOW + MINUTE, false);
        let [(_, run)] = &taken[..] else {
            panic!("one entry for one kind");
        };
        let entry = run.entry();
        assert_eq!(entry.at, NOW + Duration::seconds(5));
        assert_eq!(entry.details["count"], 5);
        assert_eq!(entry.details["first_at"], "2026-11-20T12:00:01Z");
        assert_eq!(entry.details["last_at"], "2026-11-20T12:00:05Z");
        assert_eq!(
            entry.details["addresses"],
            serde_json::json!(["192.0.2.0", "192.0.2.1"])
        );
        // While it goes on, there is one entry a minute; then it is forgotten.
        assert!(repeats.count(&refusal("a", NOW + MINUTE, "192.0.2.1")));
        assert_eq!(repeats.take(NOW + 2 * MINUTE, false).len(), 1);
        assert!(repeats.take(NOW + 3 * MINUTE, false).is_empty());
        assert!(repeats.minutes().is_empty());
    }

    #[test]
    fn what_could_not_be_written_is_counted_on() {
        let repeats = Repeats::default();
        repeats.count(&refusal("a", NOW, "192.0.2.1"));
        repeats.count(&refusal("a", NOW, "192.0.2.1"));
        for (refusal, run) in repeats.take(NOW, true) {
            repeats.put_back(refusal, run);
        }
        repeats.count(&refusal("a", NOW, "192.0.2.1"));
        let taken = repeats.take(NOW, true);
        assert_eq!(taken[0].1.count, 2);
    }

    #[test]
    fn only_so_many_kinds_are_counted_at_once() {
        let repeats = Repeats::default();
        for number in 0..AT_ONCE + 10 {
            repeats.count(&refusal(&number.to_string(), NOW, "192.0.2.1"));
        }
        assert_eq!(repeats.minutes().len(), AT_ONCE);
    }
}
