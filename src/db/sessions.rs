//! Sessions of signed-in people, found by the hash of the id in their cookie.

use diesel::prelude::*;

use super::change::{Tx, Upkeep};
use super::schema::sessions;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// A session as it is kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    /// What the session holds, as JSON.
    pub state: String,
    pub created_at: UtcTime,
    pub last_seen_at: UtcTime,
}

/// The session with this digest, whether or not it has run out.
pub fn by_digest(conn: &mut AnyConnection, digest: &[u8]) -> Result<Option<SessionRow>, DbError> {
    sessions::table
        .find(digest)
        .select(SessionRow::as_select())
        .first(conn)
        .optional()
}

/// Starts a session.
pub fn insert(
    upkeep: &mut Upkeep,
    digest: &[u8],
    user: i64,
    state: &str,
    now: UtcTime,
) -> Result<(), DbError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::digest.eq(digest),
            sessions::user_id.eq(user),
            sessions::state.eq(state),
            sessions::created_at.eq(now),
            sessions::last_seen_at.eq(now),
        ))
        .execute(upkeep.conn())?;
    Ok(())
}

/// Replaces what a session holds.
pub fn set_state(upkeep: &mut Upkeep, digest: &[u8], state: &str) -> Result<(), DbError> {
    diesel::update(sessions::table.find(digest))
        .set(sessions::state.eq(state))
        .execute(upkeep.conn())?;
    Ok(())
}

/// Notes that a session is in use.
pub fn touch(upkeep: &mut Upkeep, digest: &[u8], now: UtcTime) -> Result<(), DbError> {
    diesel::update(sessions::table.find(digest))
        .set(sessions::last_seen_at.eq(now))
        .execute(upkeep.conn())?;
    Ok(())
}

/// Ends one session.
pub fn delete(upkeep: &mut Upkeep, digest: &[u8]) -> Result<(), DbError> {
    diesel::delete(sessions::table.find(digest)).execute(upkeep.conn())?;
    Ok(())
}

/// Ends every session of a person.
pub fn delete_of_user(tx: &mut Tx, user: i64) -> Result<(), DbError> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(tx.conn())?;
    Ok(())
}

/// Drops sessions unseen since `idle` or started before `started`.
pub fn delete_stale(
    upkeep: &mut Upkeep,
    idle: UtcTime,
    started: UtcTime,
) -> Result<usize, DbError> {
    let stale = sessions::last_seen_at
        .le(idle)
        .or(sessions::created_at.le(started));
    diesel::delete(sessions::table.filter(stale)).execute(upkeep.conn())
}
