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
    pub digest: Vec<u8>,
    pub user_id: i64,
    /// What the session holds, as JSON.
    pub state: String,
    pub created_at: UtcTime,
    pub last_seen_at: UtcTime,
    /// Where it began.
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
}

/// The session with this digest, whether or not it has run out.
pub fn by_digest(conn: &mut AnyConnection, digest: &[u8]) -> Result<Option<SessionRow>, DbError> {
    sessions::table
        .find(digest)
        .select(SessionRow::as_select())
        .first(conn)
        .optional()
}

/// A person's sessions, the latest first, whether or not they have run out.
pub fn of_user(conn: &mut AnyConnection, user: i64) -> Result<Vec<SessionRow>, DbError> {
    sessions::table
        .filter(sessions::user_id.eq(user))
        .order(sessions::last_seen_at.desc())
        .select(SessionRow::as_select())
        .load(conn)
}

/// Starts a session.
pub fn insert(upkeep: &mut Upkeep, row: &SessionRow) -> Result<(), DbError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::digest.eq(&row.digest),
            sessions::user_id.eq(row.user_id),
            sessions::state.eq(&row.state),
            sessions::created_at.eq(row.created_at),
            sessions::last_seen_at.eq(row.last_seen_at),
            sessions::client_ip.eq(&row.client_ip),
            sessions::user_agent.eq(&row.user_agent),
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

/// Ends every session of a person, but for the one with the digest `but`, and tells how many.
pub fn delete_of_user(tx: &mut Tx, user: i64, but: Option<&[u8]>) -> Result<usize, DbError> {
    let own = sessions::table.filter(sessions::user_id.eq(user));
    match but {
        Some(but) => diesel::delete(own.filter(sessions::digest.ne(but))).execute(tx.conn()),
        None => diesel::delete(own).execute(tx.conn()),
    }
}

/// Ends one session of a person, and tells whether there was one.
pub fn delete_one(tx: &mut Tx, user: i64, digest: &[u8]) -> Result<bool, DbError> {
    let own = sessions::table.filter(sessions::user_id.eq(user));
    let ended = diesel::delete(own.filter(sessions::digest.eq(digest))).execute(tx.conn())?;
    Ok(ended > 0)
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
