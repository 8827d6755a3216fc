//! Revealing the secret of a new key or personal token: once, in the session that asked for it,
//! within five minutes.

use keyward_key::PlainKey;

use super::seal::SealKey;
use super::{DomainError, Op, lifetimes};
use crate::clock::UtcTime;
use crate::db::Tx;
use crate::db::reveals::{self, Of};
use crate::records::Key;

/// A new key or token whose secret is waiting to be revealed.
#[derive(Debug)]
pub struct Minted {
    /// The id of the key or token.
    pub id: i64,
    /// Opens the secret, in the session that asked for it.
    pub seal_key: SealKey,
}

/// A new key with its secret, for programs, which have no session.
#[derive(Debug)]
pub struct MintedKey {
    /// The key.
    pub key: Key,
    /// Its secret.
    pub secret: PlainKey,
}

/// A secret as it is revealed.
#[derive(Debug)]
pub struct Revealed {
    /// The secret.
    pub secret: PlainKey,
    /// When the page has to forget it.
    pub until: UtcTime,
}

/// A reveal that is being prepared: for which session, and under which seal key.
pub(super) struct Reveal<'a> {
    session_id: &'a str,
    seal_key: SealKey,
}

impl<'a> Reveal<'a> {
    /// Prepares a reveal in this session, under a new seal key.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub(super) fn in_session(session_id: &'a str) -> Result<Self, DomainError> {
        Ok(Reveal {
            session_id,
            seal_key: SealKey::generate()?,
        })
    }

    /// Stores the sealed secret until its reveal.
    pub(super) fn store(&self, tx: &mut Tx, of: Of, secret: &PlainKey) -> Result<(), DomainError> {
        let sealed = self.seal_key.seal(secret, of, self.session_id)?;
        let expires_at = tx.now() + lifetimes::REVEAL;
        Ok(reveals::insert(
            tx,
            of,
            self.session_id,
            &sealed,
            expires_at,
        )?)
    }

    /// What the session that asked for it gets: the id, and the key that opens the secret.
    pub(super) fn minted(self, id: i64) -> Minted {
        Minted {
            id,
            seal_key: self.seal_key,
        }
    }
}

/// Whether a secret is waiting to be revealed in this session.
pub(super) fn is_waiting(op: &mut Op, of: Of, session_id: &str) -> Result<bool, DomainError> {
    let now = op.now();
    let reveal = reveals::find(op.conn(), of)?;
    Ok(reveal.is_some_and(|reveal| reveal.waits_for(session_id, now)))
}

/// Until when this session can reveal a secret with this seal key; `None` if it can't. The secret
/// stays hidden and can still be revealed.
pub(super) fn waiting_until(
    op: &mut Op,
    of: Of,
    session_id: &str,
    seal_key: Option<&SealKey>,
) -> Result<Option<UtcTime>, DomainError> {
    let now = op.now();
    let Some(reveal) = reveals::find(op.conn(), of)? else {
        return Ok(None);
    };
    let opens = reveal.waits_for(session_id, now)
        && seal_key.is_some_and(|seal| seal.open(&reveal.sealed, of, session_id).is_some());
    Ok(opens.then_some(reveal.expires_at))
}

/// Takes the secret out of the database. An attempt from elsewhere leaves it in place.
///
/// # Errors
/// `NotFound` if nothing is waiting for this session.
pub(super) fn take(
    tx: &mut Tx,
    of: Of,
    session_id: &str,
    seal_key: &SealKey,
) -> Result<Revealed, DomainError> {
    let reveal = reveals::find(tx.conn(), of)?.ok_or(DomainError::NotFound)?;
    if !reveal.waits_for(session_id, tx.now()) {
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
