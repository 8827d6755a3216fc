//! Keeps the index in step with the database: follows changes, and holds the lease.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use keyward_key::KeyDigest;

use super::entry::Entry;
use super::heads::Heads;
use super::index::Index;
use super::lease::{Lease, Moment};
use super::readiness::Readiness;
use crate::clock::{Clock, UtcTime};
use crate::db::connection::{DatabaseUrl, OpenError};
use crate::db::instances::{self, ChangeListener, Memory, Silent};
use crate::db::known_keys::{self, KnownKey, Which};
use crate::db::{self, AnyConnection, Connection, DbError, outage, unaudited};
use crate::domain::DomainError;

/// How often an instance sends a heartbeat: a quarter of its lease, so that it keeps the lease even
/// if one is a second late.
const BEAT: Duration = Duration::from_millis(500);
/// How often it checks for changes. On SQLite this reads shared memory, on Postgres a socket;
/// neither is a round trip.
const GLANCE: Duration = Duration::from_millis(5);
/// How long it waits before it tries to reach an unavailable database again.
const RETRY: Duration = Duration::from_millis(200);

/// What this instance knows, and until when it may rely on it.
#[derive(Default)]
pub struct Known {
    /// Complete once [`Self::is_loaded()`] is true.
    pub index: Index,
    /// While it lasts, the index can be relied on.
    pub lease: Lease,
    /// The id of the row in `instances`; 0 before there is one.
    instance: AtomicI64,
    /// Every change up to the last of these audit entries is in the index.
    applied: Mutex<Heads>,
    /// Whether the database takes changes.
    pub readiness: Readiness,
    /// The digests of keys that were refused as expired, by the keys' ids.
    refused: papaya::HashMap<i64, KeyDigest>,
    pub(super) is_loaded: AtomicBool,
}

impl Known {
    /// Notes that this key was refused as expired.
    pub(super) fn note_refused(&self, key: i64, digest: &KeyDigest) {
        let refused = self.refused.pin();
        if refused.get(&key) != Some(digest) {
            refused.insert(key, *digest);
        }
    }

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

    /// Whether the database takes changes, as far as is known without asking it.
    pub fn is_ready(&self) -> bool {
        self.readiness.is_ready(self.is_loaded())
    }

    /// Reads what changed since the last time. Returns false if the database does not continue from
    /// what is known, so that nothing in memory can be relied on.
    fn follow(&self, conn: &mut AnyConnection) -> Result<bool, DbError> {
        let reading = self.index.reading();
        let known = self.applied().last();
        let head = instances::head(conn)?;
        if head == known {
            return Ok(true);
        }
        if head.entry <= known.entry || !instances::continues(conn, &known)? {
            return Ok(false);
        }
        let heads = instances::heads(conn, known.entry, &head)?;
        let projects = known_keys::projects(conn, Which::ChangedAfter(known.entry))?;
        self.index.take_in_of(reading, projects, Vec::new());
        let keys = known_keys::changed_after(conn, known.entry)?;
        self.take_in(conn, reading, keys)?;
        let mut applied = self.applied();
        if self.index.reading() == reading {
            applied.extend(heads);
        }
        Ok(true)
    }

    /// Like [`follow`](Self::follow), but reads everything again if necessary.
    fn follow_or_reload(
        &self,
        conn: &mut Connection,
        database: &DatabaseUrl,
        clock: &Clock,
    ) -> Result<(), FollowError> {
        if self.follow(conn)? {
            return Ok(());
        }
        self.lease.end();
        self.is_loaded.store(false, Ordering::Release);
        self.load(conn, database, clock)
    }

    /// Whether the database lost changes that are known here.
    pub(super) fn is_ahead_of(&self, conn: &mut AnyConnection) -> Result<bool, DbError> {
        let last = self.applied().last();
        Ok(!instances::continues(conn, &last)?)
    }

    /// The id of this instance's row; 0 before there is one.
    pub(super) fn own_instance(&self) -> i64 {
        self.instance.load(Ordering::Acquire)
    }

    /// The number of the last audit entry up to which everything is in the index.
    pub(super) fn last_entry(&self) -> i64 {
        self.applied().last().entry
    }

    pub(super) fn applied(&self) -> MutexGuard<'_, Heads> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds keys to the index, and those of their projects that are not in it yet.
    fn take_in(
        &self,
        conn: &mut AnyConnection,
        reading: u32,
        keys: Vec<KnownKey>,
    ) -> Result<(), DbError> {
        let new: Vec<i64> = self.index.unknown_projects(&keys);
        let projects = match new.is_empty() {
            true => Vec::new(),
            false => known_keys::projects(conn, Which::WithIds(&new))?,
        };
        self.index.take_in_of(reading, projects, keys);
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
                outage::failed(&error);
                self.lease.end();
            }
        }
    }

    fn instance(&self) -> Option<i64> {
        Some(self.own_instance()).filter(|id| *id != 0)
    }

    fn refuses_as_expired(&self, key: i64, expires_at: UtcTime) -> bool {
        let Some(digest) = self.refused.pin().get(&key).copied() else {
            return false;
        };
        let refuses = |entry: &Entry| entry.was_refused_as_expired(expires_at);
        self.index.read(&digest, |entry| entry.is_some_and(refuses))
    }
}

/// The thread that keeps [`Known`] in step with the database.
pub struct Follower {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Follower {
    /// Starts the thread. `known` is not certain until every key is loaded.
    pub fn start(database: DatabaseUrl, known: Arc<Known>, clock: Clock) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            while let Err(error) = follow_until_told(&database, &known, &clock, &stopped) {
                let was_ready = known.readiness.failed();
                if error.is_outage() {
                    outage::failed(&error);
                }
                if was_ready || !error.is_outage() {
                    tracing::warn!(%error, "the database can't be followed; asking it for each key");
                }
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

/// Why the database can't be followed for the moment.
#[derive(Debug, thiserror::Error)]
pub(super) enum FollowError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("what the database lost can't be recorded: {0}")]
    Record(#[from] DomainError),
    #[error("another file has taken the place of the database")]
    Replaced,
}

impl FollowError {
    /// Whether the database is away, rather than not what it should be.
    fn is_outage(&self) -> bool {
        match self {
            FollowError::Open(_) => true,
            FollowError::Database(error) => db::is_outage(error),
            FollowError::Record(error) => matches!(error, DomainError::Unavailable(_)),
            FollowError::Replaced => false,
        }
    }
}

/// Follows the database over its own connection until it is stopped.
fn follow_until_told(
    database: &DatabaseUrl,
    known: &Known,
    clock: &Clock,
    stopped: &Receiver<()>,
) -> Result<(), FollowError> {
    let mut conn = database.open()?;
    let mut listener = ChangeListener::subscribe(&mut conn)?;
    if !known.is_loaded() {
        known.load(&mut conn, database, clock)?;
    }
    let mut silent = Silent::default();
    loop {
        let said = beat(&mut conn, known, database, clock)?;
        let own = known.own_instance();
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
fn beat(
    conn: &mut Connection,
    known: &Known,
    database: &DatabaseUrl,
    clock: &Clock,
) -> Result<i64, FollowError> {
    let asked = Moment::now();
    if !conn.is_to(database) {
        known.lease.end();
        return Err(FollowError::Replaced);
    }
    known.follow_or_reload(conn, database, clock)?;
    let applied = known.applied().last().entry;
    let has_row = match known.instance() {
        Some(id) => unaudited(conn, |tx| instances::beat(tx, id, applied))?,
        None => false,
    };
    if has_row {
        known.lease.take(asked);
        known.readiness.wrote(asked);
        outage::answered();
        return Ok(applied);
    }
    // No lease yet: a change must find the row to wait for this instance, and only a beat proves
    // that nobody removed it since.
    let id = unaudited(conn, |tx| instances::register(tx, applied))?;
    known.instance.store(id, Ordering::Release);
    beat(conn, known, database, clock)
}
