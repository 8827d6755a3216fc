//! The one showing of a new secret: once, in the session that asked for it, within five
//! minutes. Keys and personal tokens alike.

use time::Duration;

use super::DomainError;
use super::seal::SealKey;
use crate::clock::UtcTime;
use crate::db::reveals::{self, Of};
use crate::db::{AnyConnection, Tx};
use crate::key::{Key, PlainKey};

/// How long a new secret waits for its one showing, and how long that showing lasts.
pub const REVEAL_TIME: Duration = Duration::minutes(5);

/// Something new whose secret waits for its reveal.
#[derive(Debug)]
pub struct Minted {
    pub id: i64,
    /// Opens the secret, in the session that asked for it.
    pub seal_key: SealKey,
}

/// A new key, and its secret at once: for programs, which have no session.
#[derive(Debug)]
pub struct MintedKey {
    pub key: Key,
    pub secret: PlainKey,
}

/// A secret on its one showing.
#[derive(Debug)]
pub struct Revealed {
    pub secret: PlainKey,
    /// When the page has to forget it.
    pub until: UtcTime,
}

/// Lays the secret down, sealed, for its one showing.
pub(super) fn lay_down(
    tx: &mut Tx,
    of: Of,
    seal_key: &SealKey,
    secret: &PlainKey,
    session_id: &str,
    now: UtcTime,
) -> Result<(), DomainError> {
    let sealed = seal_key.seal(secret, of, session_id)?;
    reveals::insert(tx, of, session_id, &sealed, now + REVEAL_TIME)?;
    Ok(())
}

/// Until when a secret waits for this session with this seal key, if it does. Shows nothing
/// and uses nothing up.
pub(super) fn waiting_until(
    conn: &mut AnyConnection,
    of: Of,
    session_id: &str,
    seal_key: Option<&SealKey>,
    now: UtcTime,
) -> Result<Option<UtcTime>, DomainError> {
    let Some(reveal) = reveals::find(conn, of)? else {
        return Ok(None);
    };
    let opens = reveal.waits_for(session_id, now)
        && seal_key.is_some_and(|seal| seal.open(&reveal.sealed, of, session_id).is_some());
    Ok(opens.then_some(reveal.expires_at))
}

/// Takes the secret out of the database. An attempt from elsewhere uses nothing up.
///
/// # Errors
/// `NotFound`, where nothing waits for this session.
pub(super) fn take(
    tx: &mut Tx,
    of: Of,
    session_id: &str,
    seal_key: &SealKey,
    now: UtcTime,
) -> Result<Revealed, DomainError> {
    let reveal = reveals::find(tx.conn(), of)?.ok_or(DomainError::NotFound)?;
    if !reveal.waits_for(session_id, now) {
        return Err(DomainError::NotFound);
    }
    let secret = seal_key
        .open(&reveal.sealed, of, session_id)
        .ok_or(DomainError::NotFound)?;
    reveals::delete(tx, of)?;
    Ok(Revealed {
        secret,
        until: reveal.expires_at,
    })
}
