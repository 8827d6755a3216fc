//! See and end one's own sessions.

use crate::db::{Ending, sessions, users};
use crate::domain::{DomainError, Op};
use crate::records::StoredSession;

/// One's own sessions, the most recently used first.
///
/// # Errors
/// Nobody is signed in, or the actor uses a personal token.
pub fn list_sessions(op: &mut Op) -> Result<Vec<StoredSession>, DomainError> {
    let own = op.require_own()?;
    Ok(sessions::of_user(op.conn(), own.user_id())?)
}

/// Ends one of the actor's own sessions.
///
/// # Errors
/// As for [`list_sessions`], or there is no such session.
pub fn end_session(op: &mut Op, digest: &[u8]) -> Result<(), DomainError> {
    let permit = op.require_own()?;
    op.change(permit, |tx| {
        if !sessions::delete_one(tx, permit.user_id(), digest)? {
            return Err(DomainError::NotFound);
        }
        let entry = tx.entry("user.sessions_ended", tx.actor().name());
        Ok(Ending::Done((), entry))
    })
}

/// Ends all of the actor's own sessions except the one with the digest `but`, and all their
/// short-lived tokens.
///
/// # Errors
/// As for [`list_sessions`].
pub fn end_other_sessions(op: &mut Op, but: Option<&[u8]>) -> Result<(), DomainError> {
    let permit = op.require_own()?;
    op.change(permit, |tx| {
        let ended = sessions::delete_of_user(tx, permit.user_id(), but)?;
        users::raise_version(tx, permit.user_id())?;
        let entry = tx.entry("user.sessions_ended", tx.actor().name());
        Ok(Ending::Done((), entry.with("sessions", ended)))
    })
}
