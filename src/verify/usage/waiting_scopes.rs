//! Counts of scopes that wait to be written to the database.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::clock::from_micros;
use crate::db::scope_usage::{self, ScopeCount};
use crate::db::{AnyConnection, DbError, is_outage, unaudited};
use crate::verify::ledger::{MissedByHour, ScopeHour};

/// How many may wait: about 32 MiB.
const MOST: usize = 1 << 18;
/// How many are written at once, so that nobody waits long for the transaction to end.
const AT_ONCE: usize = 250;

/// Counts by key, scope and hour, in the order of the database's table.
#[derive(Default)]
pub struct WaitingScopes(pub BTreeMap<ScopeHour, i64>);

impl WaitingScopes {
    /// Drops what is too much, the keys with the highest ids first, and notes how much that was.
    pub fn keep_to_limit(&mut self, missed: &mut MissedByHour) {
        while self.0.len() > MOST {
            if let Some(((_, _, hour), requests)) = self.0.pop_last() {
                missed.scopes(from_micros(hour), requests);
            }
        }
    }

    /// Writes out what waits until `patience` runs out. What was not written stays for the next time,
    /// unless the database will never accept it.
    ///
    /// # Errors
    /// The database is unavailable, locked or full.
    pub fn write_out(
        &mut self,
        conn: &mut AnyConnection,
        patience: Duration,
    ) -> Result<(), DbError> {
        let started = Instant::now();
        while !self.0.is_empty() && started.elapsed() < patience {
            let rows = self.0.iter().take(AT_ONCE);
            let counts: Vec<ScopeCount> = rows
                .map(|((key_id, scope, hour), requests)| ScopeCount {
                    key_id: *key_id,
                    scope,
                    hour: from_micros(*hour),
                    requests: *requests,
                })
                .collect();
            match unaudited(conn, |tx| scope_usage::add(tx, &counts)) {
                Ok(()) => {}
                Err(error) if is_outage(&error) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "which scopes were used can't be written and is dropped");
                }
            }
            let next = self.0.keys().nth(AT_ONCE).cloned();
            self.0 = match next {
                Some(next) => self.0.split_off(&next),
                None => BTreeMap::new(),
            };
        }
        Ok(())
    }
}
