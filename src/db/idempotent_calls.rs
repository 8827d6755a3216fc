//! The answers to calls that created something with an `Idempotency-Key`, so that repeating one
//! creates nothing twice.

use diesel::prelude::*;

use super::change::{Tx, UnauditedTx};
use super::schema::idempotent_calls as calls;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// A call as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = calls)]
pub struct EarlierCall {
    /// The digest of method, path and body.
    pub request: Vec<u8>,
    /// The record that it created, as JSON without any secret.
    pub answer: String,
}

/// This person's call with this key.
pub fn find(
    conn: &mut AnyConnection,
    user: i64,
    idempotency_key: &str,
) -> Result<Option<EarlierCall>, DbError> {
    calls::table
        .find((user, idempotency_key))
        .select(EarlierCall::as_select())
        .first(conn)
        .optional()
}

/// Stores what a call created. Fails if the person made another one with this key.
pub fn insert(
    tx: &mut Tx,
    user: i64,
    idempotency_key: &str,
    request: &[u8],
    answer: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    diesel::insert_into(calls::table)
        .values((
            calls::user_id.eq(user),
            calls::idempotency_key.eq(idempotency_key),
            calls::request.eq(request),
            calls::answer.eq(answer),
            calls::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Forgets calls that were made before `before`.
pub fn delete_old(tx: &mut UnauditedTx, before: UtcTime) -> Result<usize, DbError> {
    diesel::delete(calls::table.filter(calls::created_at.le(before))).execute(tx.conn())
}
