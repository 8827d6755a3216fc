//! Sessions of signed-in people, found by the hash of the id in their cookie.

use diesel::prelude::*;

use super::change::{Tx, UnauditedTx};
use super::schema::sessions;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::StoredSession;

/// A row of `sessions`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    digest: Vec<u8>,
    user_id: i64,
    state: String,
    created_at: UtcTime,
    last_seen_at: UtcTime,
    client_ip: Option<String>,
    user_agent: Option<String>,
}

impl From<SessionRow> for StoredSession {
    fn from(row: SessionRow) -> Self {
        StoredSession {
            digest: row.digest,
            user_id: row.user_id,
            state: row.state,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            client_ip: row.client_ip,
            user_agent: row.user_agent,
        }
    }
}

/// The session with this digest, whether or not it has expired.
pub fn by_digest(
    conn: &mut AnyConnection,
    digest: &[u8],
) -> Result<Option<StoredSession>, DbError> {
    sessions::table
        .find(digest)
        .select(SessionRow::as_select())
        .first(conn)
        .optional()
        .map(|row: Option<SessionRow>| row.map(StoredSession::from))
}

/// A person's sessions, the latest first, whether or not they have expired.
pub fn of_user(conn: &mut AnyConnection, user: i64) -> Result<Vec<StoredSession>, DbError> {
    let rows: Vec<SessionRow> = sessions::table
        .filter(sessions::user_id.eq(user))
        .order(sessions::last_seen_at.desc())
        .select(SessionRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(StoredSession::from).collect())
}

/// Starts a session.
pub fn insert(tx: &mut UnauditedTx, session: &StoredSession) -> Result<(), DbError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::digest.eq(&session.digest),
            sessions::user_id.eq(session.user_id),
            sessions::state.eq(&session.state),
            sessions::created_at.eq(session.created_at),
            sessions::last_seen_at.eq(session.last_seen_at),
            sessions::client_ip.eq(&session.client_ip),
            sessions::user_agent.eq(&session.user_agent),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Replaces what a session holds.
pub fn set_state(tx: &mut UnauditedTx, digest: &[u8], state: &str) -> Result<(), DbError> {
    diesel::update(sessions::table.find(digest))
        .set(sessions::state.eq(state))
        .execute(tx.conn())?;
    Ok(())
}

/// Records that a session is in use.
pub fn touch(tx: &mut UnauditedTx, digest: &[u8], now: UtcTime) -> Result<(), DbError> {
    diesel::update(sessions::table.find(digest))
        .set(sessions::last_seen_at.eq(now))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends one session.
pub fn delete(tx: &mut UnauditedTx, digest: &[u8]) -> Result<(), DbError> {
    diesel::delete(sessions::table.find(digest)).execute(tx.conn())?;
    Ok(())
}

/// Ends every session of a person, except the one with the digest `but`, and returns how many.
pub fn delete_of_user(tx: &mut Tx, user: i64, but: Option<&[u8]>) -> Result<usize, DbError> {
    let own = sessions::table.filter(sessions::user_id.eq(user));
    match but {
        Some(but) => diesel::delete(own.filter(sessions::digest.ne(but))).execute(tx.conn()),
        None => diesel::delete(own).execute(tx.conn()),
    }
}

/// Ends one session of a person, and returns whether it existed.
pub fn delete_one(tx: &mut Tx, user: i64, digest: &[u8]) -> Result<bool, DbError> {
    let own = sessions::table.filter(sessions::user_id.eq(user));
    let ended = diesel::delete(own.filter(sessions::digest.eq(digest))).execute(tx.conn())?;
    Ok(ended > 0)
}

/// Drops sessions unseen since `idle` or started before `started`.
pub fn delete_stale(
    tx: &mut UnauditedTx,
    idle: UtcTime,
    started: UtcTime,
) -> Result<usize, DbError> {
    let stale = sessions::last_seen_at
        .le(idle)
        .or(sessions::created_at.le(started));
    diesel::delete(sessions::table.filter(stale)).execute(tx.conn())
}
