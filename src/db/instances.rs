//! The instances that answer verifications from memory, and how a change waits for them.
//!
//! An instance may answer from memory only while it holds a lease. A lease lasts for [`LEASE`],
//! counted from the moment before the instance read the audit log's head. The instance takes it
//! once it knows every change up to that head and its row says so. A change can therefore be
//! acknowledged once every row says that the change is known, or once [`LEASE`] has passed since
//! the commit: by then every lease taken without knowing the change has expired. Clocks of
//! different machines are never compared; each side only measures a duration.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::change::UnauditedTx;
use super::schema::{audit_entries, audit_head, instances, keys, projects};
use super::{AnyConnection, Connection, DbError, checkpoints, outage, unaudited};
use crate::clock::UtcTime;
use crate::records::Key;

/// How long an instance may answer from memory after it last knew every change.
pub const LEASE: Duration = Duration::from_secs(2);
/// The longest time a change waits: one lease, plus 10% because clocks run at different speeds.
const SETTLING: Duration = Duration::from_millis(2_200);
/// The first pause between checks of who knows a change. Pauses double up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LAST_PAUSE: Duration = Duration::from_millis(20);

/// The Postgres channel that changes are announced on.
const CHANNEL: &str = "keyward_changes";

/// What the instance in this process keeps in memory.
pub trait Memory: Send + Sync {
    /// Loads every committed change. If that fails, nothing is answered from memory until it
    /// succeeds.
    fn catch_up(&self, conn: &mut AnyConnection);

    /// The id of this instance's row; `None` until it is registered.
    fn instance(&self) -> Option<i64>;

    /// Whether this instance refuses the key as expired even if it expires later than now: it did so
    /// while its clock was ahead, and the expiry is still the same.
    fn refuses_as_expired(&self, key: i64, expires_at: UtcTime) -> bool;
}

/// Says of keys that were just read whether this process refuses them as expired.
pub struct Refused(pub(super) Option<Arc<dyn Memory>>);

impl Refused {
    /// `key`, with the answer.
    pub fn note_on(&self, mut key: Key) -> Key {
        if let (Some(memory), Some(expiry)) = (&self.0, key.expires_at) {
            key.refused_as_expired = memory.refuses_as_expired(key.id, expiry);
        }
        key
    }
}

/// The last audit entry: every change up to it is committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the entry; 0 while the log is empty.
    pub entry: i64,
    /// The SHA-256 of the entry, which covers all entries before it.
    pub hash: Vec<u8>,
}

/// The head of the audit log.
pub fn head(conn: &mut AnyConnection) -> Result<Head, DbError> {
    let (entry, hash) = audit_head::table
        .find(1)
        .select((audit_head::last_entry, audit_head::hash))
        .first(conn)?;
    Ok(Head { entry, hash })
}

/// How many of the last audit entries an instance knows by their hashes. If the database loses its
/// last changes, they show from which entry on.
pub const KNOWN_HEADS: usize = 1_024;

/// The heads that the audit log had after the entry `after` and up to `head`, in ascending order;
/// at most [`KNOWN_HEADS`] of them.
pub fn heads(conn: &mut AnyConnection, after: i64, head: &Head) -> Result<Vec<Head>, DbError> {
    let oldest = head.entry - i64::try_from(KNOWN_HEADS).unwrap_or(0);
    let after = after.max(oldest);
    let mut heads: Vec<Head> = match head.entry - after {
        ..=1 => Vec::new(),
        _ => audit_entries::table
            .filter(audit_entries::id.gt(after))
            .filter(audit_entries::id.lt(head.entry))
            .order(audit_entries::id)
            .select((audit_entries::id, audit_entries::hash))
            .load::<(i64, Vec<u8>)>(conn)?
            .into_iter()
            .map(|(entry, hash)| Head { entry, hash })
            .collect(),
    };
    heads.push(head.clone());
    Ok(heads)
}

/// Whether the audit log continues from `known`. If not, the database was replaced: by a backup, or
/// by a standby that missed the last changes.
pub fn continues(conn: &mut AnyConnection, known: &Head) -> Result<bool, DbError> {
    let hash: Option<Vec<u8>> = audit_entries::table
        .find(known.entry)
        .select(audit_entries::hash)
        .first(conn)
        .optional()?;
    match hash {
        Some(hash) => Ok(hash == known.hash),
        // An instance that slept for long may know an entry that was cut off since.
        None => {
            Ok(known.entry == 0
                || checkpoints::cut(conn)?.is_some_and(|cut| known.entry <= cut.entry))
        }
    }
}

/// Adds an instance that knows every change up to `applied`, and returns its id. Ids are random, so
/// that none is ever reused, even after a backup is restored.
pub fn register(tx: &mut UnauditedTx, applied: i64) -> Result<i64, DbError> {
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    let id = i64::try_from(random >> 1).unwrap_or(i64::MAX);
    diesel::insert_into(instances::table)
        .values((instances::id.eq(id), instances::applied.eq(applied)))
        .execute(tx.conn())?;
    Ok(id)
}

/// Records a heartbeat of an instance that knows every change up to `applied`. Returns false if
/// another instance considered it dead and removed its row.
pub fn beat(tx: &mut UnauditedTx, id: i64, applied: i64) -> Result<bool, DbError> {
    let beaten = diesel::update(instances::table.find(id))
        .set((
            instances::applied.eq(applied),
            instances::beat.eq(instances::beat + 1),
        ))
        .execute(tx.conn())?;
    Ok(beaten == 1)
}

/// Removes an instance that no longer answers from memory.
pub fn remove(tx: &mut UnauditedTx, id: i64) -> Result<(), DbError> {
    diesel::delete(instances::table.find(id)).execute(tx.conn())?;
    Ok(())
}

/// Instances without a new heartbeat, and since when.
#[derive(Default)]
pub struct Silent(HashMap<i64, (i64, Instant)>);

impl Silent {
    /// Removes the rows of instances whose last heartbeat, as observed here, is older than their
    /// lease can last. Never removes `own`.
    ///
    /// # Errors
    /// The database fails.
    pub fn remove(&mut self, conn: &mut AnyConnection, own: i64) -> Result<(), DbError> {
        let rows: Vec<(i64, i64)> = instances::table
            .filter(instances::id.ne(own))
            .select((instances::id, instances::beat))
            .load(conn)?;
        let now = Instant::now();
        self.0
            .retain(|id, seen| rows.iter().any(|(row, beat)| row == id && *beat == seen.0));
        for (id, beat) in rows {
            let (_, since) = *self.0.entry(id).or_insert((beat, now));
            if now - since > 2 * SETTLING {
                remove_if_silent(conn, id, beat)?;
            }
        }
        Ok(())
    }
}

/// Removes an instance unless it has sent a heartbeat since `beat`.
fn remove_if_silent(conn: &mut AnyConnection, id: i64, beat: i64) -> Result<(), DbError> {
    unaudited(conn, |tx| {
        let silent = instances::table.find(id).filter(instances::beat.eq(beat));
        diesel::delete(silent).execute(tx.conn())?;
        Ok(())
    })
}

/// Wakes listening instances when the transaction commits. On SQLite they notice by themselves.
pub(super) fn announce(conn: &mut AnyConnection) -> Result<(), DbError> {
    if let AnyConnection::Postgres(conn) = conn {
        diesel::sql_query(format!("NOTIFY {CHANNEL}")).execute(conn)?;
    }
    Ok(())
}

/// Detects whether something was committed since the last check, without a round trip.
#[derive(Default)]
pub struct ChangeListener {
    data_version: i64,
}

impl ChangeListener {
    /// Subscribes to every change from now on, over this connection.
    ///
    /// # Errors
    /// The database fails.
    pub fn subscribe(conn: &mut AnyConnection) -> Result<Self, DbError> {
        if let AnyConnection::Postgres(conn) = conn {
            diesel::sql_query(format!("LISTEN {CHANNEL}")).execute(conn)?;
        }
        let mut listener = ChangeListener::default();
        listener.has_news(conn)?;
        Ok(listener)
    }

    /// Whether something was committed since the last call.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn has_news(&mut self, conn: &mut AnyConnection) -> Result<bool, DbError> {
        #[derive(QueryableByName)]
        struct DataVersion {
            #[diesel(sql_type = BigInt)]
            data_version: i64,
        }
        match conn {
            AnyConnection::Sqlite(conn) => {
                let now: DataVersion = diesel::sql_query("PRAGMA data_version").get_result(conn)?;
                let last = std::mem::replace(&mut self.data_version, now.data_version);
                Ok(last != now.data_version)
            }
            AnyConnection::Postgres(conn) => {
                let mut has_news = false;
                for notification in conn.notifications_iter() {
                    notification?;
                    has_news = true;
                }
                Ok(has_news)
            }
        }
    }
}

/// The audit entry of the last change that verdicts depend on.
fn last_verdict_change(conn: &mut AnyConnection) -> Result<i64, DbError> {
    let key: Option<i64> = keys::table.select(max(keys::changed_in)).first(conn)?;
    let project: Option<i64> = projects::table
        .select(max(projects::changed_in))
        .first(conn)?;
    Ok(key.max(project).unwrap_or(0))
}

/// Settles every committed change. An answer may rely on one that is not settled yet, because its
/// process was killed or is still waiting.
pub(super) fn settle_all(conn: &mut Connection) {
    match last_verdict_change(conn) {
        Ok(entry) => settle(conn, entry),
        Err(error) => {
            outage::failed(&error);
            // Nobody can tell which change that was, so every lease has to end.
            if let Some(memory) = conn.memory().cloned() {
                memory.catch_up(conn);
            }
            std::thread::sleep(SETTLING);
        }
    }
}

/// Waits until no instance can answer from memory without knowing the change with this audit entry,
/// which is committed. Takes milliseconds as a rule and [`SETTLING`] at most, even if the database
/// goes away in the meantime.
pub(super) fn settle(conn: &mut Connection, entry: i64) {
    let began = Instant::now();
    let memory = conn.memory().cloned();
    if let Some(memory) = &memory {
        memory.catch_up(conn);
    }
    let own = memory.and_then(|memory| memory.instance()).unwrap_or(0);
    let mut pause = FIRST_PAUSE;
    let mut first_seen: Option<HashMap<i64, i64>> = None;
    loop {
        let behind = behind(conn, own, entry);
        match &behind {
            Ok(behind) if behind.is_empty() => return,
            Ok(behind) => drop(first_seen.get_or_insert_with(|| behind.iter().copied().collect())),
            Err(error) => outage::failed(error),
        }
        let waited = began.elapsed();
        if waited >= SETTLING {
            let silent = first_seen.unwrap_or_default();
            for (id, beat) in behind.unwrap_or_default() {
                if silent.get(&id) == Some(&beat) {
                    tracing::warn!(instance = id, "an instance gives no sign of life");
                    // If this fails, it only slows down the next change.
                    remove_if_silent(conn, id, beat).ok();
                }
            }
            return;
        }
        std::thread::sleep(pause.min(SETTLING - waited));
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// The id and beat of every instance except `own` that does not know the change yet.
fn behind(conn: &mut AnyConnection, own: i64, entry: i64) -> Result<Vec<(i64, i64)>, DbError> {
    instances::table
        .filter(instances::applied.lt(entry).and(instances::id.ne(own)))
        .select((instances::id, instances::beat))
        .load(conn)
}
