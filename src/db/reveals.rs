//! Secrets that wait for their one showing, encrypted under a key that is not here.

use diesel::prelude::*;

use super::change::{Tx, UnauditedTx};
use super::schema::reveals;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// What a waiting secret belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Key(i64),
    Token(i64),
}

impl Of {
    /// The word in the database, and the id.
    pub fn parts(self) -> (&'static str, i64) {
        match self {
            Of::Key(id) => ("key", id),
            Of::Token(id) => ("token", id),
        }
    }
}

/// A secret that waits.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = reveals)]
pub struct Reveal {
    /// The session that may see it.
    pub session_id: String,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    pub expires_at: UtcTime,
}

impl Reveal {
    /// Whether it still waits, and for this session.
    pub fn waits_for(&self, session_id: &str, now: UtcTime) -> bool {
        self.expires_at > now && self.session_id == session_id
    }
}

/// What waits for this, whether or not it has run out.
pub fn find(conn: &mut AnyConnection, of: Of) -> Result<Option<Reveal>, DbError> {
    reveals::table
        .find(of.parts())
        .select(Reveal::as_select())
        .first(conn)
        .optional()
}

/// Lays a secret down.
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

/// Takes a secret away: it was shown, or what it belongs to was revoked.
pub fn delete(tx: &mut Tx, of: Of) -> Result<(), DbError> {
    diesel::delete(reveals::table.find(of.parts())).execute(tx.conn())?;
    Ok(())
}

/// Takes away what nobody came for in time.
pub fn delete_expired(tx: &mut UnauditedTx, now: UtcTime) -> Result<usize, DbError> {
    diesel::delete(reveals::table.filter(reveals::expires_at.le(now))).execute(tx.conn())
}
