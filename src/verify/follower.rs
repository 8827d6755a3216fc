//! Keeps the index in step with the database: loads it, follows changes, and holds the lease.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, ScopedJoinHandle};
use std::time::{Duration, Instant};

use super::index::Index;
use super::lease::{Lease, Moment};
use crate::db::connection::{DatabaseUrl, OpenError};
use crate::db::instances::{self, ChangeListener, Head, Memory, Silent};
use crate::db::known_keys::{self, KnownKey, Which};
use crate::db::{AnyConnection, Connection, DbError, unaudited};

/// How often an instance sends a heartbeat: a quarter of its lease, so that it keeps the lease even
/// if one is a second late.
const BEAT: Duration = Duration::from_millis(500);
/// How often it checks for changes. On SQLite this reads shared memory, on Postgres a socket;
/// neither is a round trip.
const GLANCE: Duration = Duration::from_millis(5);
/// How long it waits before it tries to reach an unavailable database again.
const RETRY: Duration = Duration::from_millis(200);
/// How many keys are read at once: few enough to stay in the processor's cache.
const PAGE: i64 = 1_000;
/// How many threads read keys, each over its own connection.
const READERS: i64 = 4;

/// What this instance knows, and until when it may rely on it.
#[derive(Default)]
pub struct Known {
    /// Complete once [`Self::is_loaded()`] is true.
    pub index: Index,
    /// While it lasts, the index can be relied on.
    pub lease: Lease,
    /// The id of the row in `instances`; 0 before there is one.
    instance: AtomicI64,
    /// Every change up to this audit entry is in the index.
    applied: Mutex<Head>,
    pub(super) is_loaded: AtomicBool,
}

impl Known {
    /// Whether every key is in the index, so that a missing one does not exist.
    pub fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Acquire)
    }

    /// Whether there may be keys from another system. True until every key is loaded.
    pub fn may_have_imported(&self) -> bool {
        !self.is_loaded() || self.index.has_imported()
    }

    /// Whether the index can be relied on. Check this before reading it.
    pub fn is_certain(&self) -> bool {
        self.lease.is_alive()
    }

    /// Reads every key, divided among several threads. Changes made in the meantime are read later.
    fn load(&self, conn: &mut AnyConnection, database: &DatabaseUrl) -> Result<(), FollowError> {
        let started = Instant::now();
        self.index.clear();
        let head = instances::head(conn)?;
        self.index
            .take_in(known_keys::projects(conn, Which::All)?, Vec::new());
        let last = known_keys::last_id(conn)?;
        self.index.reserve(usize::try_from(last).unwrap_or(0));
        let threads =
            std::thread::available_parallelism().map_or(1, |threads| threads.get() as i64);
        let part = last / threads.min(READERS) + 1;
        std::thread::scope(|scope| {
            let starts = (0..=last).step_by(usize::try_from(part).unwrap_or(1));
            let readers: Vec<_> = starts
                .map(|start| scope.spawn(move || self.load_part(database, start, start + part)))
                .collect();
            let read = |reader: ScopedJoinHandle<_>| reader.join().expect("no panic");
            readers.into_iter().try_for_each(read)
        })?;
        *self.applied() = head;
        self.is_loaded.store(true, Ordering::Release);
        let (keys, took) = (self.index.len(), started.elapsed());
        tracing::info!(keys, ?took, "every key is in memory");
        Ok(())
    }

    /// Reads the keys with ids from `start` up to, but not including, `end`.
    fn load_part(&self, database: &DatabaseUrl, start: i64, end: i64) -> Result<(), FollowError> {
        let mut conn = database.open()?.for_reading_once()?;
        let mut after = start - 1;
        loop {
            let page = known_keys::page(&mut conn, after, end, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            self.take_in(&mut conn, page)?;
        }
    }

    /// Reads what changed since the last time. Returns false if the database does not continue from
    /// what is known, so that nothing in memory can be relied on.
    fn follow(&self, conn: &mut AnyConnection) -> Result<bool, DbError> {
        let known = self.applied().clone();
        let head = instances::head(conn)?;
        if head == known {
            return Ok(true);
        }
        if head.entry <= known.entry || !instances::continues(conn, &known)? {
            return Ok(false);
        }
        let projects = known_keys::projects(conn, Which::ChangedAfter(known.entry))?;
        self.index.take_in(projects, Vec::new());
        let keys = known_keys::changed_after(conn, known.entry)?;
        self.take_in(conn, keys)?;
        let mut applied = self.applied();
        if applied.entry < head.entry {
            *applied = head;
        }
        Ok(true)
    }

    /// Like [`follow`](Self::follow), but reads everything again if necessary.
    fn follow_or_reload(
        &self,
        conn: &mut AnyConnection,
        database: &DatabaseUrl,
    ) -> Result<(), FollowError> {
        if self.follow(conn)? {
            return Ok(());
        }
        tracing::error!("the database is not the one it was; every key is read again");
        self.lease.end();
        self.is_loaded.store(false, Ordering::Release);
        self.load(conn, database)
    }

    fn applied(&self) -> MutexGuard<'_, Head> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds keys to the index, and those of their projects that are not in it yet.
    fn take_in(&self, conn: &mut AnyConnection, keys: Vec<KnownKey>) -> Result<(), DbError> {
        let new: Vec<i64> = self.index.unknown_projects(&keys);
        let projects = match new.is_empty() {
            true => Vec::new(),
            false => known_keys::projects(conn, Which::WithIds(&new))?,
        };
        self.index.take_in(projects, keys);
        Ok(())
    }
}

impl Memory for Known {
    fn catch_up(&self, conn: &mut AnyConnection) {
        if !self.is_loaded() {
            return; // Nothing is answered from memory yet.
        }
        match self.follow(conn) {
            Ok(true) => {}
            Ok(false) => self.lease.end(),
            Err(error) => {
                tracing::warn!(%error, "a change could not be read back");
                self.lease.end();
            }
        }
    }

    fn instance(&self) -> Option<i64> {
        Some(self.instance.load(Ordering::Acquire)).filter(|id| *id != 0)
    }
}

/// The thread that keeps [`Known`] in step with the database.
pub struct Follower {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Follower {
    /// Starts the thread. `known` is not certain until every key is loaded.
    pub fn start(database: DatabaseUrl, known: Arc<Known>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            while let Err(error) = follow_until_told(&database, &known, &stopped) {
                tracing::warn!(%error, "the database can't be followed; asking it for each key");
                if stopped.recv_timeout(RETRY) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            known.lease.end();
        });
        Follower { stop, thread }
    }

    /// Stops the thread. Nothing is answered from memory after this.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the thread that follows the database had failed");
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Follows the database over its own connection until it is stopped.
fn follow_until_told(
    database: &DatabaseUrl,
    known: &Known,
    stopped: &Receiver<()>,
) -> Result<(), FollowError> {
    let mut conn = database.open()?;
    let mut listener = ChangeListener::subscribe(&mut conn)?;
    if !known.is_loaded() {
        known.load(&mut conn, database)?;
    }
    let mut silent = Silent::default();
    loop {
        let said = beat(&mut conn, known, database)?;
        let own = known.instance().unwrap_or_default();
        silent.remove(&mut conn, own)?;
        let beaten = Instant::now();
        while beaten.elapsed() < BEAT {
            if stopped.recv_timeout(GLANCE) != Err(RecvTimeoutError::Timeout) {
                known.lease.end();
                unaudited(&mut conn, |tx| instances::remove(tx, own))?;
                return Ok(());
            }
            if listener.has_news(&mut conn)? && instances::head(&mut conn)?.entry != said {
                break;
            }
        }
    }
}

/// Catches up, records this in the instance's row, and takes the lease. Returns the audit entry up
/// to which, according to the row, everything is known.
fn beat(conn: &mut Connection, known: &Known, database: &DatabaseUrl) -> Result<i64, FollowError> {
    let asked = Moment::now();
    known.follow_or_reload(conn, database)?;
    let applied = known.applied().entry;
    let has_row = match known.instance() {
        Some(id) => unaudited(conn, |tx| instances::beat(tx, id, applied))?,
        None => false,
    };
    if has_row {
        known.lease.take(asked);
        return Ok(applied);
    }
    // No lease yet: a change must find the row to wait for this instance, and only a beat proves
    // that nobody removed it since.
    let id = unaudited(conn, |tx| instances::register(tx, applied))?;
    known.instance.store(id, Ordering::Release);
    beat(conn, known, database)
}
