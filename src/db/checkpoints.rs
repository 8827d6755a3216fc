//! Checkpoints of the audit log.

use diesel::prelude::*;

use super::change::UnauditedTx;
use super::schema::{audit_checkpoints, audit_head};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::Checkpoint;

/// A row of `audit_checkpoints`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_checkpoints)]
struct Row {
    entry: i64,
    is_cut: bool,
    at: UtcTime,
    hash: Vec<u8>,
    note: String,
}

impl From<Row> for Checkpoint {
    fn from(row: Row) -> Self {
        Checkpoint {
            entry: row.entry,
            is_cut: row.is_cut,
            at: row.at,
            hash: row.hash,
            note: row.note,
        }
    }
}

/// Checkpoints of entries after `after`, in their order, at most `limit`.
///
/// # Errors
/// The database fails.
pub fn after(conn: &mut AnyConnection, after: i64, limit: i64) -> Result<Vec<Checkpoint>, DbError> {
    let rows: Vec<Row> = audit_checkpoints::table
        .filter(audit_checkpoints::entry.gt(after))
        .order((audit_checkpoints::entry, audit_checkpoints::is_cut))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Checkpoint::from).collect())
}

/// The newest checkpoints, the last one first, at most `limit`.
///
/// # Errors
/// The database fails.
pub fn newest(conn: &mut AnyConnection, limit: i64) -> Result<Vec<Checkpoint>, DbError> {
    let rows: Vec<Row> = audit_checkpoints::table
        .order((
            audit_checkpoints::entry.desc(),
            audit_checkpoints::is_cut.desc(),
        ))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Checkpoint::from).collect())
}

/// The checkpoint that the log begins after, if its older entries were cut.
///
/// # Errors
/// The database fails.
pub fn cut(conn: &mut AnyConnection) -> Result<Option<Checkpoint>, DbError> {
    let row: Option<Row> = audit_checkpoints::table
        .filter(audit_checkpoints::is_cut.eq(true))
        .order(audit_checkpoints::entry.desc())
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Checkpoint::from))
}

/// Inserts a checkpoint unless there is one of its entry. A macro, because the types differ between
/// the databases.
macro_rules! insert_new {
    ($checkpoint:expr, $conn:expr) => {
        diesel::insert_into(audit_checkpoints::table)
            .values((
                audit_checkpoints::entry.eq($checkpoint.entry),
                audit_checkpoints::is_cut.eq($checkpoint.is_cut),
                audit_checkpoints::at.eq($checkpoint.at),
                audit_checkpoints::hash.eq(&$checkpoint.hash),
                audit_checkpoints::note.eq(&$checkpoint.note),
            ))
            .on_conflict_do_nothing()
            .execute($conn)
    };
}

/// Writes a checkpoint. Another instance may have written one of the same entry, which stays.
///
/// # Errors
/// The database fails.
pub fn insert(tx: &mut UnauditedTx, checkpoint: &Checkpoint) -> Result<(), DbError> {
    match tx.conn() {
        AnyConnection::Sqlite(conn) => insert_new!(checkpoint, conn),
        AnyConnection::Postgres(conn) => insert_new!(checkpoint, conn),
    }
    .map(drop)
}

/// The entry at which the chain was last seen to break.
///
/// # Errors
/// The database fails.
pub fn broken_at(conn: &mut AnyConnection) -> Result<Option<i64>, DbError> {
    audit_head::table
        .find(1)
        .select(audit_head::broken_at)
        .first(conn)
}

/// Remembers where the chain breaks, or that it does not.
///
/// # Errors
/// The database fails.
pub fn set_broken_at(tx: &mut UnauditedTx, entry: Option<i64>) -> Result<(), DbError> {
    diesel::update(audit_head::table.find(1))
        .set(audit_head::broken_at.eq(entry))
        .execute(tx.conn())
        .map(drop)
}
