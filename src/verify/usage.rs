//! What verifications leave behind, gathered in memory so that none of them waits for a write.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::{UtcTime, start_of_hour};
use crate::db::{self, AnyConnection, DbError, upkeep};
use crate::key::LastUse;
use crate::key::verdict::Outcome;

/// Counts and last uses that are not in the database yet. Written out every second and at
/// shutdown: a killed process loses at most that second.
#[derive(Debug, Default)]
pub struct UsageBuffer(Mutex<BTreeMap<i64, Pending>>);

#[derive(Debug, Default)]
struct Pending {
    requests: BTreeMap<(UtcTime, &'static str), i64>,
    last_use: Option<LastUse>,
}

impl UsageBuffer {
    /// Counts a verification of a known key. Only one that passes is a use.
    pub fn record(&self, key: i64, outcome: Outcome, by: LastUse) {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = buffer.entry(key).or_default();
        *pending
            .requests
            .entry((start_of_hour(by.at), outcome.code()))
            .or_default() += 1;
        if outcome == Outcome::Valid {
            pending.last_use = Some(by);
        }
    }

    /// Whether there is nothing to write out.
    pub fn is_empty(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    /// Writes out what was gathered, in one transaction. What could not be written stays for
    /// the next time.
    ///
    /// # Errors
    /// The database fails.
    pub fn flush(&self, conn: &mut AnyConnection) -> Result<(), DbError> {
        let gathered = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if gathered.is_empty() {
            return Ok(());
        }
        let written = upkeep(conn, |upkeep| {
            // In one order everywhere, so that two instances can't wait for each other.
            for (key, pending) in &gathered {
                for ((hour, outcome), requests) in &pending.requests {
                    db::usage::add(upkeep, *key, *hour, outcome, *requests)?;
                }
                if let Some(last) = &pending.last_use {
                    db::usage::set_last_use(upkeep, *key, last)?;
                }
            }
            Ok(())
        });
        if written.is_err() {
            self.put_back(gathered);
        }
        written
    }

    fn put_back(&self, gathered: BTreeMap<i64, Pending>) {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, old) in gathered {
            let pending = buffer.entry(key).or_default();
            for (counted, requests) in old.requests {
                *pending.requests.entry(counted).or_default() += requests;
            }
            pending.last_use = pending.last_use.take().or(old.last_use);
        }
    }
}
