//! Losses of the database's last changes: noticing one, undoing what must not be lost with it, and
//! keeping it until an owner has seen it.

use std::collections::HashMap;

use diesel::prelude::*;
use keyward_key::KeyDigest;

use super::change::{Permission, Tx, sealed};
use super::instances::{self, Head};
use super::key_rows::join;
use super::schema::{audit_entries, keys, projects, reveals, rollbacks};
use super::{AnyConnection, DbError};
use crate::access::Actor;
use crate::clock::UtcTime;
use crate::records::{Revocation, Rollback};

/// How many keys are revoked by one statement.
const PART: usize = 500;

/// What the database lost, and the proof of it, which permits to write down again what must not be
/// lost. Only [`compare`] makes one:
///
/// ```compile_fail,E0451
/// use keyward::access::Actor;
/// use keyward::db::instances::Head;
/// use keyward::db::rollbacks::Loss;
///
/// fn forged(last_known: Head) -> Loss {
///     Loss { actor: Actor::service(), common: None, lost_from: 1, last_known }
/// }
/// ```
#[derive(Debug)]
pub struct Loss {
    actor: Actor,
    common: Option<i64>,
    lost_from: i64,
    last_known: Head,
}

impl Loss {
    /// The service, which notices the loss.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The first entry that is known to be lost.
    pub fn lost_from(&self) -> i64 {
        self.lost_from
    }

    /// Whether none before [`lost_from`](Self::lost_from) is lost. False if more is lost than the
    /// instance knew hashes of.
    pub fn is_exact(&self) -> bool {
        self.common.is_some()
    }

    /// The last entry that the instance knew.
    pub fn last_known(&self) -> &Head {
        &self.last_known
    }
}

impl sealed::Sealed for &Loss {}

impl Permission for &Loss {
    fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// Compares the audit log with the heads that an instance knew, in ascending order. `None` if the
/// log continues from the last of them, or there are none.
pub fn compare(conn: &mut AnyConnection, known: &[Head]) -> Result<Option<Loss>, DbError> {
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return Ok(None);
    };
    if instances::continues(conn, last)? {
        return Ok(None);
    }
    let rows: Vec<(i64, Vec<u8>)> = audit_entries::table
        .filter(audit_entries::id.between(first.entry, last.entry))
        .select((audit_entries::id, audit_entries::hash))
        .load(conn)?;
    let there: HashMap<i64, Vec<u8>> = rows.into_iter().collect();
    let is_there = |head: &&Head| head.entry == 0 || there.get(&head.entry) == Some(&head.hash);
    let common = known.iter().rev().find(is_there).map(|head| head.entry);
    let lost_from = match common {
        Some(common) => common + 1,
        None => first.entry.min(instances::head(conn)?.entry + 1),
    };
    Ok(Some(Loss {
        actor: Actor::service(),
        common,
        lost_from,
        last_known: last.clone(),
    }))
}

/// Whether an instance that knew no less has recorded this loss.
pub fn is_recorded(conn: &mut AnyConnection, loss: &Loss) -> Result<bool, DbError> {
    let same = rollbacks::table
        // A record that was there before the loss is about an earlier one.
        .filter(rollbacks::entry.gt(loss.common.unwrap_or(0)))
        .filter(rollbacks::lost_from.le(loss.lost_from))
        .filter(rollbacks::last_known.ge(loss.last_known.entry));
    diesel::select(diesel::dsl::exists(same)).get_result(conn)
}

/// Revokes those of the keys that are not revoked, deletes their secrets that wait for a reveal,
/// and returns their ids.
pub fn revoke_again(
    tx: &mut Tx,
    digests: &[KeyDigest],
    revocation: &Revocation,
) -> Result<Vec<i64>, DbError> {
    let changed_in = tx.changed_in();
    let mut revoked = Vec::new();
    for part in digests.chunks(PART) {
        let part = part.iter().map(KeyDigest::as_bytes);
        let ids: Vec<i64> = keys::table
            .filter(keys::digest.eq_any(part.collect::<Vec<_>>()))
            .filter(keys::revoked_at.is_null())
            .order(keys::id)
            .select(keys::id)
            .load(tx.conn())?;
        diesel::update(keys::table.filter(keys::id.eq_any(&ids)))
            .set((
                keys::revoked_at.eq(revocation.at),
                keys::revoked_by.eq(&revocation.by),
                keys::revoke_reason.eq(revocation.reason.as_str()),
                keys::revoke_note.eq(&revocation.note),
                keys::changed_in.eq(changed_in),
            ))
            .execute(tx.conn())?;
        let waiting = reveals::table.filter(reveals::kind.eq("key"));
        diesel::delete(waiting.filter(reveals::of_id.eq_any(&ids))).execute(tx.conn())?;
        revoked.extend(ids);
    }
    revoked.sort_unstable();
    Ok(revoked)
}

/// Keeps the record of a loss, told of by the entry of this change, and returns it.
pub fn insert(
    tx: &mut Tx,
    loss: &Loss,
    keys: Vec<i64>,
    projects: Vec<i64>,
) -> Result<Rollback, DbError> {
    let record = Rollback {
        entry: tx.number(),
        at: tx.now(),
        lost_from: loss.lost_from,
        last_known: loss.last_known.entry,
        is_exact: loss.is_exact(),
        keys,
        projects,
        acknowledged_by: None,
    };
    diesel::insert_into(rollbacks::table)
        .values((
            rollbacks::entry.eq(record.entry),
            rollbacks::at.eq(record.at),
            rollbacks::lost_from.eq(record.lost_from),
            rollbacks::last_known.eq(record.last_known),
            rollbacks::is_exact.eq(record.is_exact),
            rollbacks::keys.eq(join(&record.keys)),
            rollbacks::projects.eq(join(&record.projects)),
        ))
        .execute(tx.conn())?;
    Ok(record)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rollbacks)]
struct Row {
    entry: i64,
    at: UtcTime,
    lost_from: i64,
    last_known: i64,
    is_exact: bool,
    keys: String,
    projects: String,
    acknowledged_by: Option<String>,
}

impl From<Row> for Rollback {
    fn from(row: Row) -> Self {
        Rollback {
            entry: row.entry,
            at: row.at,
            lost_from: row.lost_from,
            last_known: row.last_known,
            is_exact: row.is_exact,
            keys: ids(&row.keys),
            projects: ids(&row.projects),
            acknowledged_by: row.acknowledged_by,
        }
    }
}

/// The ids that [`join`] wrote.
fn ids(kept: &str) -> Vec<i64> {
    kept.split(' ').filter_map(|id| id.parse().ok()).collect()
}

/// The record that the audit entry `entry` tells of.
pub fn by_entry(conn: &mut AnyConnection, entry: i64) -> Result<Option<Rollback>, DbError> {
    rollbacks::table
        .find(entry)
        .select(Row::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(Rollback::from))
}

/// The records that nobody has acknowledged, the latest first.
pub fn unacknowledged(conn: &mut AnyConnection) -> Result<Vec<Rollback>, DbError> {
    let rows: Vec<Row> = rollbacks::table
        .filter(rollbacks::acknowledged_at.is_null())
        .order(rollbacks::entry.desc())
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Rollback::from).collect())
}

/// Records that somebody has seen it.
pub fn acknowledge(tx: &mut Tx, entry: i64) -> Result<(), DbError> {
    let (by, now) = (tx.actor().name(), tx.now());
    diesel::update(rollbacks::table.find(entry))
        .set((
            rollbacks::acknowledged_at.eq(now),
            rollbacks::acknowledged_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Id and label of these keys, and the slug of each one's project, by id.
pub fn named_keys(
    conn: &mut AnyConnection,
    ids: &[i64],
) -> Result<Vec<(i64, String, String)>, DbError> {
    keys::table
        .inner_join(projects::table)
        .filter(keys::id.eq_any(ids))
        .order(keys::id)
        .select((keys::id, keys::label, projects::slug))
        .load(conn)
}
