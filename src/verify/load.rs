//! Reads the whole database into memory: at the start, and when it turns out to have lost its last
//! changes. What had ended then stays ended, and is written into the database again.

use std::sync::atomic::Ordering;
use std::thread::ScopedJoinHandle;
use std::time::Instant;

use super::follower::{FollowError, Known};
use super::heads::Heads;
use crate::clock::Clock;
use crate::db::connection::DatabaseUrl;
use crate::db::instances;
use crate::db::known_keys::{self, KnownKey, Which};
use crate::db::rollbacks::{self, Loss};
use crate::db::{AnyConnection, Connection, DbError, unaudited};
use crate::domain::Op;
use crate::domain::rollbacks::{Undone, record};

/// How many keys are read at once: few enough to stay in the processor's cache.
const PAGE: i64 = 1_000;
/// How many threads read keys, each over its own connection.
const READERS: i64 = 4;

impl Known {
    /// Reads every key, divided among several threads. Changes made in the meantime are read later.
    ///
    /// If the database does not continue from what is known, this is also where it is told what it
    /// lost. Should that fail, this has to be called again; what is known stays as it is until then.
    pub(super) fn load(
        &self,
        conn: &mut Connection,
        database: &DatabaseUrl,
        clock: &Clock,
    ) -> Result<(), FollowError> {
        let started = Instant::now();
        let known = self.applied().to_vec();
        let loss = rollbacks::compare(conn, &known)?;
        if let Some(loss) = &loss {
            tracing::error!(
                lost_from = loss.lost_from(),
                last_known = loss.last_known().entry,
                "the database has lost its last changes; every key is read again"
            );
            self.leave(conn)?;
        }
        let head = instances::head(conn)?;
        let heads = instances::heads(conn, 0, &head)?;
        let undone = self.read_all(conn, database, loss.as_ref(), clock)?;
        if let Some(loss) = &loss {
            self.tell(conn, loss, &undone, clock)?;
        }
        self.index.end_telling();
        *self.applied() = Heads::from(heads);
        self.is_loaded.store(true, Ordering::Release);
        let (keys, took) = (self.index.len(), started.elapsed());
        tracing::info!(keys, ?took, "every key is in memory");
        Ok(())
    }

    /// Without a lease, no change has to wait for this instance.
    fn leave(&self, conn: &mut AnyConnection) -> Result<(), DbError> {
        match self.own_instance() {
            0 => Ok(()),
            own => unaudited(conn, |tx| instances::remove(tx, own)),
        }
    }

    /// Replaces everything in memory by what the database has, and returns what had ended according
    /// to memory alone.
    fn read_all(
        &self,
        conn: &mut AnyConnection,
        database: &DatabaseUrl,
        loss: Option<&Loss>,
        clock: &Clock,
    ) -> Result<Undone, FollowError> {
        let lost_after = loss.map(|loss| loss.lost_from() - 1);
        let projects = known_keys::projects(conn, Which::All)?;
        self.index
            .begin_reading(projects, lost_after, clock.micros());
        let last = known_keys::last_id(conn)?;
        self.index.reserve(usize::try_from(last).unwrap_or(0));
        let threads =
            std::thread::available_parallelism().map_or(1, |threads| threads.get() as i64);
        let part = last / threads.min(READERS) + 1;
        std::thread::scope(|scope| {
            let starts = (0..=last).step_by(usize::try_from(part).unwrap_or(1));
            let readers: Vec<_> = starts
                .map(|start| scope.spawn(move || self.read_part(database, start, start + part)))
                .collect();
            let read = |reader: ScopedJoinHandle<_>| reader.join().expect("no panic");
            readers.into_iter().try_for_each(read)
        })?;
        Ok(self.index.end_reading())
    }

    /// Reads the keys with ids from `start` up to, but not including, `end`.
    fn read_part(&self, database: &DatabaseUrl, start: i64, end: i64) -> Result<(), FollowError> {
        let mut conn = database.open()?.for_reading_once()?;
        let mut after = start - 1;
        loop {
            let page: Vec<KnownKey> = known_keys::page(&mut conn, after, end, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            let new = self.index.unknown_projects(&page);
            let projects = known_keys::projects(&mut conn, Which::WithIds(&new))?;
            self.index.take_in(projects, Vec::new());
            self.index.replace(page);
        }
    }

    /// Tells the database what it lost.
    fn tell(
        &self,
        conn: &mut Connection,
        loss: &Loss,
        undone: &Undone,
        clock: &Clock,
    ) -> Result<(), FollowError> {
        let keys: Vec<i64> = undone.keys.iter().map(|(id, _)| *id).collect();
        let projects: Vec<&str> = undone.projects.iter().map(|(_, slug)| &**slug).collect();
        if !keys.is_empty() || !projects.is_empty() {
            tracing::error!(
                ?keys,
                ?projects,
                "the database does not know that these ended; they are refused, and end again"
            );
        }
        let mut op = Op::new(conn, loss.actor(), clock.now());
        match record(&mut op, loss, undone, self.own_instance())? {
            Some(record) => tracing::error!(
                entry = record.entry,
                missing = record.missing(),
                is_exact = record.is_exact,
                revoked = ?record.keys,
                "what the database lost is in the audit log"
            ),
            None => tracing::warn!("another instance has recorded what the database lost"),
        }
        Ok(())
    }
}
