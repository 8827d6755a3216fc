//! The answers to calls that created something with an `Idempotency-Key`, so that repeating one
//! creates nothing twice.

use diesel::prelude::*;

use super::change::UnauditedTx;
use super::schema::idempotent_calls as calls;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// A call as it is stored.
#[derive(Clone, Debug)]
pub struct Call {
    /// The digest of method, path and body.
    pub request: Vec<u8>,
    /// 0 while it is under way, or if it was cut off.
    pub status: i64,
    /// The answer's body, without any secret.
    pub answer: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = calls)]
struct CallRow {
    request: Vec<u8>,
    status: i64,
    answer: String,
}

impl From<CallRow> for Call {
    fn from(row: CallRow) -> Self {
        Call {
            request: row.request,
            status: row.status,
            answer: row.answer,
        }
    }
}

/// This person's call with this key.
pub fn find(
    conn: &mut AnyConnection,
    user: i64,
    idempotency_key: &str,
) -> Result<Option<Call>, DbError> {
    calls::table
        .find((user, idempotency_key))
        .select(CallRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(Call::from))
}

/// Records that a call is under way.
pub fn begin(
    tx: &mut UnauditedTx,
    user: i64,
    idempotency_key: &str,
    request: &[u8],
    now: UtcTime,
) -> Result<(), DbError> {
    diesel::insert_into(calls::table)
        .values((
            calls::user_id.eq(user),
            calls::idempotency_key.eq(idempotency_key),
            calls::request.eq(request),
            calls::status.eq(0),
            calls::answer.eq(""),
            calls::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Stores the answer to a call.
pub fn finish(
    tx: &mut UnauditedTx,
    user: i64,
    idempotency_key: &str,
    status: u16,
    answer: &str,
) -> Result<(), DbError> {
    diesel::update(calls::table.find((user, idempotency_key)))
        .set((
            calls::status.eq(i64::from(status)),
            calls::answer.eq(answer),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Forgets a call that created nothing.
pub fn forget(tx: &mut UnauditedTx, user: i64, idempotency_key: &str) -> Result<(), DbError> {
    diesel::delete(calls::table.find((user, idempotency_key))).execute(tx.conn())?;
    Ok(())
}

/// Forgets calls that began before `before`.
pub fn delete_old(tx: &mut UnauditedTx, before: UtcTime) -> Result<usize, DbError> {
    diesel::delete(calls::table.filter(calls::created_at.le(before))).execute(tx.conn())
}
