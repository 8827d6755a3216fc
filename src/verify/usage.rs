//! Adds up what verifications count, and writes it to the database.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keyward_key::verdict::Outcome;

use super::ledger::{Caller, Ledger, Tally};
use crate::clock::{UtcTime, from_micros, start_of_hour};
use crate::db::sources::{self, KEPT_SOURCES, SourceUse};
use crate::db::usage::{self, Count};
use crate::db::{AnyConnection, DbError, is_outage, unaudited};
use crate::records::LastUse;

/// The most rows that one transaction writes, so that nobody waits long for it to end.
const ROWS_AT_ONCE: usize = 500;

/// Counts, sources and last uses that are not in the database yet. Written out every second and at
/// shutdown. A killed process loses that second, or more if more keys are used than can be written
/// in time.
#[derive(Default)]
pub struct UsageBuffer {
    ledger: Ledger,
    pending: Mutex<BTreeMap<i64, Pending>>,
    /// Keys that may have more sources than are kept.
    crowded: Mutex<BTreeSet<i64>>,
    last_pruned: AtomicI64,
}

/// What is to be written about one key.
#[derive(Debug, Default)]
struct Pending {
    /// How many flushes have skipped it.
    waits: u32,
    requests: BTreeMap<(UtcTime, &'static str), i64>,
    last_use: Option<LastUse>,
    /// By address and user agent; empty where they are not known.
    sources: BTreeMap<(String, String), SourceUse>,
}

impl UsageBuffer {
    /// Counts a verification of a known key, at a time in microseconds since 1970. Only one
    /// that passes is a use.
    pub fn record(&self, key: i64, outcome: Outcome, caller: &Caller, now: i64) {
        self.ledger.record(key, outcome, caller, now);
    }

    /// Adds up what every thread counted.
    pub fn gather(&self) {
        let mut pending = lock(&self.pending);
        for (key, ip, tally) in self.ledger.take() {
            pending.entry(key).or_default().add(ip, tally);
        }
    }

    /// Writes out what was gathered until `patience` runs out. Keys that have waited longest come
    /// first. What was not written stays for the next time, unless the database will never accept
    /// it.
    ///
    /// # Errors
    /// The database is unavailable, locked or full.
    pub fn flush(&self, conn: &mut AnyConnection, patience: Duration) -> Result<(), DbError> {
        let started = Instant::now();
        let mut pending = lock(&self.pending);
        let mut keys: Vec<(u32, i64)> = pending
            .iter()
            .map(|(key, of_key)| (of_key.waits, *key))
            .collect();
        keys.sort_unstable_by_key(|(waits, key)| (Reverse(*waits), *key));
        let keys: Vec<i64> = keys.into_iter().map(|(_, key)| key).collect();
        let mut rest = keys.as_slice();
        while !rest.is_empty() && started.elapsed() < patience {
            let (batch, later) = rest.split_at(batch_length(&pending, rest));
            let mut batch = batch.to_vec();
            batch.sort_unstable();
            let batch = &batch;
            match write(conn, &pending, batch) {
                Err(error) if is_outage(&error) => return Err(error),
                Err(_) => {
                    // One key that can't be written must not hold up the others.
                    for key in batch {
                        write_or_drop(conn, &pending, *key)?;
                        pending.remove(key);
                    }
                }
                Ok(()) => batch.iter().for_each(|key| drop(pending.remove(key))),
            }
            lock(&self.crowded).extend(batch);
            rest = later;
        }
        for of_key in pending.values_mut() {
            of_key.waits += 1;
        }
        Ok(())
    }

    /// Drops each key's sources beyond those that are kept, until `patience` runs out.
    ///
    /// # Errors
    /// The database fails.
    pub fn prune_sources(
        &self,
        conn: &mut AnyConnection,
        patience: Duration,
    ) -> Result<(), DbError> {
        let started = Instant::now();
        // Continue after the last one, so that none is skipped again and again.
        let last = self.last_pruned.load(Ordering::Relaxed);
        let crowded: Vec<i64> = {
            let crowded = lock(&self.crowded);
            let (behind, before) = (crowded.range(last + 1..), crowded.range(..=last));
            behind.chain(before).copied().collect()
        };
        for key in crowded {
            // Read outside of the transaction, whose first statement must be a write.
            if let Some(oldest) = sources::oldest_kept(conn, key)? {
                unaudited(conn, |tx| sources::prune(tx, key, oldest))?;
            }
            lock(&self.crowded).remove(&key);
            self.last_pruned.store(key, Ordering::Relaxed);
            if started.elapsed() > patience {
                break;
            }
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many of these keys come to about [`ROWS_AT_ONCE`] rows; at least one.
fn batch_length(pending: &BTreeMap<i64, Pending>, keys: &[i64]) -> usize {
    let mut rows = 0;
    let fitting = keys.iter().take_while(|key| {
        let of_key = pending.get(key);
        rows += of_key.map_or(0, |of_key| 1 + of_key.requests.len() + of_key.sources.len());
        rows <= ROWS_AT_ONCE
    });
    fitting.count().max(1)
}

/// Writes what is pending for one key; drops it if the database refuses it for good.
fn write_or_drop(
    conn: &mut AnyConnection,
    pending: &BTreeMap<i64, Pending>,
    key: i64,
) -> Result<(), DbError> {
    match write(conn, pending, &[key]) {
        Err(error) if !is_outage(&error) => {
            tracing::error!(key, %error, "the usage of a key can't be written and is dropped");
            Ok(())
        }
        written => written,
    }
}

/// Writes what is pending for these keys, always in the same order, so that two instances can't
/// deadlock.
fn write(
    conn: &mut AnyConnection,
    pending: &BTreeMap<i64, Pending>,
    keys: &[i64],
) -> Result<(), DbError> {
    let (mut counts, mut last_uses, mut from) = (Vec::new(), Vec::new(), Vec::new());
    for (key, of_key) in keys.iter().filter_map(|key| pending.get_key_value(key)) {
        let of_hours = of_key.requests.iter();
        counts.extend(of_hours.map(|((hour, outcome), requests)| Count {
            key_id: *key,
            hour: *hour,
            outcome,
            requests: *requests,
        }));
        last_uses.extend(of_key.last_use.as_ref().map(|last| (*key, last)));
        let of_sources = of_key.sources.iter();
        from.extend(
            of_sources.map(|((ip, agent), used)| (*key, ip.as_str(), agent.as_str(), used)),
        );
    }
    unaudited(conn, |tx| {
        usage::add(tx, &counts)?;
        usage::set_last_uses(tx, &last_uses)?;
        sources::add(tx, &from)
    })
}

impl Pending {
    fn add(&mut self, ip: Option<IpAddr>, tally: Tally) {
        let hour = start_of_hour(from_micros(tally.last));
        let (mut passed, mut refused) = (0, 0);
        for (outcome, requests) in &tally.outcomes {
            *self.requests.entry((hour, outcome.code())).or_default() += requests;
            match outcome {
                Outcome::Valid => passed += requests,
                _ => refused += requests,
            }
        }
        let ip = ip.map(|ip| ip.to_string());
        let later = |at: &UtcTime| self.last_use.as_ref().is_none_or(|last| last.at < *at);
        if let Some(at) = tally.last_pass.map(from_micros).filter(later) {
            self.last_use = Some(LastUse {
                at,
                ip: ip.clone(),
                user_agent: tally.user_agent.clone(),
            });
        }
        let source = (ip.unwrap_or_default(), tally.user_agent.unwrap_or_default());
        let used = SourceUse {
            first_seen: from_micros(tally.first),
            last_seen: from_micros(tally.last),
            passed,
            refused,
            refusal: tally
                .last_refusal
                .map(|(at, outcome)| (from_micros(at), outcome.code())),
        };
        match self.sources.get_mut(&source) {
            Some(known) => known.add(&used),
            None => drop(self.sources.insert(source, used)),
        }
        if self.sources.len() > 2 * KEPT_SOURCES {
            self.forget_old_sources();
        }
    }

    fn forget_old_sources(&mut self) {
        let mut seen: Vec<UtcTime> = self.sources.values().map(|used| used.last_seen).collect();
        seen.sort_unstable();
        let oldest_kept = seen[seen.len() - KEPT_SOURCES];
        let mut left = KEPT_SOURCES;
        self.sources.retain(|_, used| {
            let keep = used.last_seen >= oldest_kept && left > 0;
            left -= usize::from(keep);
            keep
        });
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: UtcTime = datetime!(2026-11-21 12:59:59.9);

    fn tally(agent: &str, at: UtcTime, outcome: Outcome) -> Tally {
        let at = crate::clock::to_micros(at);
        Tally {
            user_agent: Some(agent.into()),
            first: at,
            last: at,
            outcomes: vec![(outcome, 2)],
            last_pass: (outcome == Outcome::Valid).then_some(at),
            last_refusal: (outcome != Outcome::Valid).then_some((at, outcome)),
        }
    }

    #[test]
    fn the_same_source_is_added_up_and_the_latest_use_wins() {
        let mut pending = Pending::default();
        let ip = Some("203.0.113.7".parse().unwrap());
        let later = NOW + Duration::SECOND;
        pending.add(ip, tally("curl", later, Outcome::Valid));
        pending.add(ip, tally("curl", NOW, Outcome::Valid));
        pending.add(ip, tally("curl", later, Outcome::Revoked));
        let source = pending.sources.values().next().unwrap();
        assert_eq!(
            (pending.sources.len(), source.passed, source.refused),
            (1, 4, 2)
        );
        assert_eq!((source.first_seen, source.last_seen), (NOW, later));
        assert_eq!(source.refusal, Some((later, "REVOKED")));
        assert_eq!(pending.last_use.unwrap().at, later);
        assert_eq!(
            pending.requests.len(),
            3,
            "two hours, and two outcomes in one"
        );
    }

    #[test]
    fn a_flood_of_user_agents_keeps_the_latest_sources() {
        let mut pending = Pending::default();
        for turn in 0..1_000 {
            let at = NOW + Duration::milliseconds(turn);
            pending.add(None, tally(&turn.to_string(), at, Outcome::Valid));
        }
        assert!(pending.sources.len() <= 2 * KEPT_SOURCES);
        assert!(pending.sources.contains_key(&(String::new(), "999".into())));
    }
}
