//! Adds up what verifications count, and writes it to the database.
//!
//! Everything that is kept has a limit, whatever clients send and however long the database is away:
//! 8 MiB for what threads count (`ledger.rs`), as much again while it is gathered, 32 MiB for what
//! waits (`usage/waiting.rs`), 4 MiB a thread for the scopes they ask for (`ledger/scopes.rs`) and 32 MiB
//! for those that wait (`usage/waiting_scopes.rs`), and 3 MiB for callers (`ledger/callers.rs`). That holds each of a
//! million keys. What does not fit is missed, and the database is told how much that was.

mod batch;
mod waiting;
mod waiting_scopes;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keyward_key::verdict::Outcome;

use self::batch::Batch;
use self::waiting::Waiting;
use self::waiting_scopes::WaitingScopes;
use super::ledger::{Caller, Ledger, Missed, MissedByHour, Warnings};
use crate::clock::UtcTime;
use crate::db::usage_gaps::{self, Gap};
use crate::db::{AnyConnection, DbError, is_outage, sources, unaudited};

/// How many keys are remembered that may have more sources than are kept. A key that is left out is
/// remembered when it is written the next time.
const MOST_CROWDED: usize = 10_000;

/// Counts, sources and last uses that are not in the database yet. Written out every second and at
/// shutdown. A killed process loses that second, or more if more keys are used than can be written
/// in time.
#[derive(Default)]
pub struct UsageBuffer {
    ledger: Ledger,
    gathered: Mutex<Gathered>,
    /// How many verifications waited for the database when they were last gathered or written.
    unwritten: AtomicU64,
}

#[derive(Default)]
struct Gathered {
    waiting: Waiting,
    scopes: WaitingScopes,
    missed: MissedByHour,
    warnings: Warnings,
    /// Keys that may have more sources than are kept.
    crowded: BTreeSet<i64>,
    last_pruned: i64,
}

impl UsageBuffer {
    /// Counts a verification of a known key that used these scopes, at a time in microseconds since
    /// 1970; see [`Ledger::record`]. Only one that passes is a use.
    pub fn record<'a>(
        &self,
        key: i64,
        outcome: Outcome,
        caller: &Caller,
        used: impl Iterator<Item = &'a str>,
        now: i64,
    ) {
        self.ledger.record(key, outcome, caller, used, now);
    }

    /// Adds up what every thread counted.
    pub fn gather(&self) {
        let mut gathered = self.gathered();
        let mut missed = MissedByHour::default();
        let waiting = &mut *gathered;
        self.ledger.take(
            &mut waiting.waiting.fresh,
            &mut waiting.scopes.0,
            &mut missed,
        );
        gathered.waiting.take_in(&mut missed);
        gathered.scopes.keep_to_limit(&mut missed);
        self.ledger
            .callers
            .forget_unnamed(gathered.waiting.callers());
        gathered.warnings.warn(missed.total());
        gathered.missed.take_in(&mut missed);
        self.unwritten
            .store(gathered.waiting.requests(), Ordering::Relaxed);
    }

    /// How many verifications wait for the database, at most. Never waits for it itself.
    pub fn unwritten(&self) -> u64 {
        self.unwritten.load(Ordering::Relaxed)
    }

    /// Writes out what was gathered until `patience` runs out. The next time goes on from there, so
    /// that every key has its turn. What was not written stays for the next time, unless the database
    /// will never accept it.
    ///
    /// # Errors
    /// The database is unavailable, locked or full.
    pub fn flush(&self, conn: &mut AnyConnection, patience: Duration) -> Result<(), DbError> {
        let mut gathered = self.gathered();
        let gathered = &mut *gathered;
        gathered.write_missed(conn)?;
        gathered.scopes.write_out(conn, patience / 4)?;
        let (callers, crowded) = (&self.ledger.callers, &mut gathered.crowded);
        let written = gathered.waiting.write_out(patience, |rows| {
            let batch = Batch::new(rows, callers);
            batch.write(conn)?;
            let room = MOST_CROWDED.saturating_sub(crowded.len());
            crowded.extend(batch.keys_with_sources().take(room));
            Ok(())
        });
        self.unwritten
            .store(gathered.waiting.requests(), Ordering::Relaxed);
        written
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
        let mut gathered = self.gathered();
        // Continue after the last one, so that none is skipped again and again.
        let last = gathered.last_pruned;
        let behind = gathered.crowded.range(last.saturating_add(1)..);
        let crowded: Vec<i64> = behind
            .chain(gathered.crowded.range(..=last))
            .copied()
            .collect();
        for key in crowded {
            // Read outside of the transaction, whose first statement must be a write.
            if let Some(oldest) = sources::oldest_kept(conn, key)? {
                unaudited(conn, |tx| sources::prune(tx, key, oldest))?;
            }
            gathered.crowded.remove(&key);
            gathered.last_pruned = key;
            if started.elapsed() > patience {
                break;
            }
        }
        Ok(())
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathered {
    fn write_missed(&mut self, conn: &mut AnyConnection) -> Result<(), DbError> {
        let gaps: Vec<Gap> = self.missed.0.iter().map(gap).collect();
        if gaps.is_empty() {
            return Ok(());
        }
        match unaudited(conn, |tx| usage_gaps::add(tx, &gaps)) {
            Err(error) if is_outage(&error) => return Err(error),
            Err(error) => tracing::error!(%error, "what was missed can't be written"),
            Ok(()) => {}
        }
        self.missed.0.clear();
        Ok(())
    }
}

fn gap((hour, missed): (&UtcTime, &Missed)) -> Gap {
    Gap {
        hour: *hour,
        requests: missed.requests,
        without_source: missed.sources,
    }
}
