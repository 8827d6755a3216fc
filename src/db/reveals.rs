//! Secrets that can be revealed once, encrypted under a key that is not stored here.

use diesel::prelude::*;

use super::change::{Tx, UnauditedTx};
use super::schema::reveals;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// What an unrevealed secret belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The API key with this id.
    Key(i64),
    /// The personal token with this id.
    Token(i64),
}

impl Of {
    /// The kind as the database names it, and the id.
    pub fn parts(self) -> (&'static str, i64) {
        match self {
            Of::Key(id) => ("key", id),
            Of::Token(id) => ("token", id),
        }
    }
}

/// A secret that has not been revealed yet.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = reveals)]
pub struct Reveal {
    /// The only session that may reveal it.
    pub session_id: String,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    /// From this time on it can't be revealed: five minutes after it was stored.
    pub expires_at: UtcTime,
}

impl Reveal {
    /// Whether this session may still reveal it.
    pub fn waits_for(&self, session_id: &str, now: UtcTime) -> bool {
        self.expires_at > now && self.session_id == session_id
    }
}

/// The unrevealed secret of this key or token, even if it has expired.
pub fn find(conn: &mut AnyConnection, of: Of) -> Result<Option<Reveal>, DbError> {
    reveals::table
        .find(of.parts())
        .select(Reveal::as_select())
        .first(conn)
        .optional()
}

/// Stores a sealed secret.
pub fn insert(
    tx: &mut Tx,
    of: Of,
    session_id: &str,
    sealed: &[u8],
    expires_at: UtcTime,
) -> Result<(), DbError> {
    let (kind, id) = of.parts();
    diesel::insert_into(reveals::table)
        .values((
            reveals::kind.eq(kind),
            reveals::of_id.eq(id),
            reveals::session_id.eq(session_id),
            reveals::sealed.eq(sealed),
            reveals::expires_at.eq(expires_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Deletes a secret, because it was revealed or its key or token was revoked.
pub fn delete(tx: &mut Tx, of: Of) -> Result<(), DbError> {
    diesel::delete(reveals::table.find(of.parts())).execute(tx.conn())?;
    Ok(())
}

/// Deletes secrets that nobody revealed in time, and returns how many there were.
pub fn delete_expired(tx: &mut UnauditedTx, now: UtcTime) -> Result<usize, DbError> {
    diesel::delete(reveals::table.filter(reveals::expires_at.le(now))).execute(tx.conn())
}
