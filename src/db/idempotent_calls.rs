//! What creating calls with an `Idempotency-Key` were answered, so that a repeated one creates
//! nothing twice.

use diesel::prelude::*;

use super::change::Upkeep;
use super::schema::idempotent_calls as calls;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// A call as it is kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = calls)]
pub struct Call {
    /// The digest of method, path and body.
    pub request: Vec<u8>,
    /// 0 while it is under way, or if it was cut off.
    pub status: i64,
    /// The answer's body, without any secret.
    pub answer: String,
}

/// The call of this person with this key.
pub fn find(
    conn: &mut AnyConnection,
    user: i64,
    idempotency_key: &str,
) -> Result<Option<Call>, DbError> {
    calls::table
        .find((user, idempotency_key))
        .select(Call::as_select())
        .first(conn)
        .optional()
}

/// Notes that a call is under way.
pub fn begin(
    upkeep: &mut Upkeep,
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
        .execute(upkeep.conn())?;
    Ok(())
}

/// Keeps what a call was answered.
pub fn finish(
    upkeep: &mut Upkeep,
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
        .execute(upkeep.conn())?;
    Ok(())
}

/// Forgets a call that created nothing.
pub fn forget(upkeep: &mut Upkeep, user: i64, idempotency_key: &str) -> Result<(), DbError> {
    diesel::delete(calls::table.find((user, idempotency_key))).execute(upkeep.conn())?;
    Ok(())
}

/// Forgets calls that began before `before`.
pub fn delete_old(upkeep: &mut Upkeep, before: UtcTime) -> Result<usize, DbError> {
    diesel::delete(calls::table.filter(calls::created_at.le(before))).execute(upkeep.conn())
}
