//! Rows that wait to be written to the database: one sorted list, so that each costs 32 bytes, and
//! neighbours in the list are neighbours in the database's tables.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::db::sources::KEPT_SOURCES;
use crate::db::{DbError, is_outage};
use crate::verify::ledger::{MissedByHour, NO_SOURCE, Row, combine};

/// How many rows may wait: 32 MiB, enough for each of a million keys.
const MOST_ROWS: usize = 1 << 20;
/// How many sources each key keeps when they have to make room for counts.
const FEW_SOURCES: usize = 5;
/// With fewer rows than this, it does not matter how much memory a list has.
const SMALL: usize = 1 << 14;
/// How many rows are written at once, so that nobody waits long for the transaction to end: each
/// may be a count, a source and a last use, which makes about 500 rows in the database.
const ROWS_AT_ONCE: usize = 170;

/// What was counted and is not in the database yet.
pub struct Waiting {
    /// Sorted by name; no two are alike.
    rows: Vec<Row>,
    /// What was just counted. Sorted and moved to `rows` by [`take_in`](Self::take_in).
    pub fresh: Vec<Row>,
    /// The key that is written next. Going round means that none waits longer than a round.
    next: i64,
    limit: usize,
    /// The most rows since memory was last given back.
    most: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self::with_limit(MOST_ROWS)
    }
}

impl Waiting {
    fn with_limit(limit: usize) -> Self {
        Waiting {
            rows: list(),
            fresh: list(),
            next: i64::MIN,
            limit,
            most: 0,
        }
    }

    /// The callers of all rows.
    pub fn callers(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|row| row.caller)
    }

    /// How many verifications the rows count.
    pub fn requests(&self) -> u64 {
        self.rows.iter().map(|row| u64::from(row.requests)).sum()
    }

    /// Takes in what is fresh. Rows that are there already only count on. If there is no room for
    /// the others, sources make room first, and what still does not fit is missed.
    pub fn take_in(&mut self, missed: &mut MissedByHour) {
        let were_many = self.fresh.len() > SMALL;
        combine(&mut self.fresh);
        // The database keeps no more sources of a key either, so these are not missed.
        keep_latest_sources(&mut self.fresh, 2 * KEPT_SOURCES, KEPT_SOURCES, |_| {});
        self.add_to_known();
        if self.rows.len() + self.fresh.len() > self.limit {
            self.make_room(missed);
        }
        let fitting = self.fresh.len().min(self.limit - self.rows.len());
        for row in self.fresh.drain(fitting..) {
            missed.requests(&row);
        }
        self.insert_fresh();
        keep_latest_sources(&mut self.rows, 2 * KEPT_SOURCES, KEPT_SOURCES, |_| {});
        self.most = self.most.max(self.rows.len());
        if were_many {
            self.fresh = list();
        }
    }

    /// Adds fresh rows to those that are like them.
    fn add_to_known(&mut self) {
        let mut at = 0;
        let rows = &mut self.rows;
        self.fresh.retain(|fresh| {
            while at < rows.len() && rows[at].name() < fresh.name() {
                at += 1;
            }
            match rows.get_mut(at).filter(|row| row.is_like(fresh)) {
                Some(row) => {
                    row.add(fresh);
                    false
                }
                None => true,
            }
        });
    }

    fn make_room(&mut self, missed: &mut MissedByHour) {
        keep_latest_sources(&mut self.rows, FEW_SOURCES, FEW_SOURCES, |row| {
            missed.sources(row);
        });
        if self.rows.len() + self.fresh.len() > self.limit {
            for row in self.fresh.iter_mut().filter(|row| row.caller != NO_SOURCE) {
                missed.sources(row);
                row.caller = NO_SOURCE;
            }
            combine(&mut self.fresh);
            self.add_to_known();
        }
    }

    /// Merges the fresh rows into the others, from the end, so that none is moved twice.
    fn insert_fresh(&mut self) {
        let (mut old, mut end) = (self.rows.len(), self.rows.len() + self.fresh.len());
        self.rows.resize(end, Row::default());
        while let Some(fresh) = self.fresh.last() {
            end -= 1;
            if old > 0 && self.rows[old - 1].name() > fresh.name() {
                old -= 1;
                self.rows[end] = self.rows[old];
            } else {
                self.rows[end] = *fresh;
                self.fresh.pop();
            }
        }
    }

    /// Hands rows to `write`, a few hundred at once and always all of a key, until every key had its
    /// turn or `patience` runs out. What was written is forgotten, and so is a key that the database
    /// refuses for good.
    ///
    /// # Errors
    /// The database is away. What was not written by then stays.
    pub fn write_out(
        &mut self,
        patience: Duration,
        mut write: impl FnMut(&[Row]) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let started = Instant::now();
        let next = self.rows.partition_point(|row| row.key < self.next);
        let mut result = Ok(());
        'away: for part in [next..self.rows.len(), 0..next] {
            let mut at = part.start;
            // One key that can't be written must not hold up the others of its batch.
            let mut alone_until = at;
            while at < part.end && started.elapsed() < patience {
                let left = &self.rows[at..part.end];
                let batch = match at < alone_until {
                    true => at..at + one_key(left),
                    false => at..at + whole_keys(left),
                };
                let rows = &self.rows[batch.clone()];
                match write(rows) {
                    Ok(()) => {}
                    Err(error) if is_outage(&error) => {
                        result = Err(error);
                        break 'away;
                    }
                    Err(_) if rows.len() > one_key(rows) => {
                        alone_until = batch.end;
                        continue;
                    }
                    Err(error) => {
                        let key = rows[0].key;
                        tracing::error!(key, %error, "the usage of a key can't be written and is dropped");
                    }
                }
                self.forget(&batch);
                at = batch.end;
            }
        }
        self.rows.retain(|row| row.requests > 0);
        self.give_back();
        result
    }

    /// Marks these rows as written.
    fn forget(&mut self, written: &Range<usize>) {
        for row in &mut self.rows[written.clone()] {
            row.requests = 0;
            self.next = row.key.saturating_add(1);
        }
    }

    /// Gives memory back that was touched in a burst, and is not needed any more.
    fn give_back(&mut self) {
        if self.most > SMALL && self.rows.len() < self.most / 4 {
            let mut smaller = list();
            smaller.extend_from_slice(&self.rows);
            self.rows = smaller;
            self.most = self.rows.len();
        }
    }
}

/// An empty list with room for every row. The system gives it memory only where it is touched, and
/// takes that back when it is dropped: the C library keeps nothing of this size for later.
fn list() -> Vec<Row> {
    Vec::with_capacity(MOST_ROWS)
}

/// How many rows from the start of `rows` belong to as many keys as are written at once; at least
/// one key.
fn whole_keys(rows: &[Row]) -> usize {
    let Some(cut) = rows.get(ROWS_AT_ONCE) else {
        return rows.len();
    };
    let whole = rows[..ROWS_AT_ONCE].partition_point(|row| row.key < cut.key);
    whole.max(one_key(rows))
}

/// How many rows from the start of `rows` belong to the first key.
fn one_key(rows: &[Row]) -> usize {
    rows.iter().take_while(|row| row.key == rows[0].key).count()
}

/// Lets keys that have more than `most` sources keep the `kept` latest. Requests from others are
/// counted without their source, which `left_out` is told.
fn keep_latest_sources(
    rows: &mut Vec<Row>,
    most: usize,
    kept: usize,
    mut left_out: impl FnMut(&Row),
) {
    let mut is_changed = false;
    let mut start = 0;
    while start < rows.len() {
        let key = rows[start].key;
        // A quick look, because hardly any key has that many.
        if rows.get(start + most).is_none_or(|row| row.key != key) {
            start += 1;
            continue;
        }
        let of_key = rows[start..].iter().take_while(|row| row.key == key);
        let end = start + of_key.count();
        let of_key = &mut rows[start..end];
        start = end;
        let mut latest: HashMap<u64, i64> = HashMap::new();
        for row in of_key.iter().filter(|row| row.caller != NO_SOURCE) {
            let last = latest.entry(row.caller).or_default();
            *last = row.last_micros().max(*last);
        }
        if latest.len() <= most {
            continue;
        }
        let mut latest: Vec<(i64, u64)> = latest.into_iter().map(|(id, at)| (at, id)).collect();
        latest.sort_unstable_by(|one, other| other.cmp(one));
        let latest: HashSet<u64> = latest[..kept].iter().map(|(_, id)| *id).collect();
        let is_old = |row: &&mut Row| row.caller != NO_SOURCE && !latest.contains(&row.caller);
        for row in of_key.iter_mut().filter(is_old) {
            left_out(row);
            row.caller = NO_SOURCE;
        }
        is_changed = true;
    }
    if is_changed {
        combine(rows);
    }
}

#[cfg(test)]
mod tests;
