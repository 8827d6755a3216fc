//! Replace a key whose secret nobody has: revoke it, and mint another like it.

use super::write::write_successor;
use crate::access::Action;
use crate::db::reveals::{self, Of};
use crate::db::{Ending, keys};
use crate::domain::archived::reread_open;
use crate::domain::reveal::{Minted, Reveal};
use crate::domain::{DomainError, Op};
use crate::records::{KeyTerms, Project, Revocation, RevokeReason};

/// Revokes the key `id` and mints one with the same label, scopes, expiry and limits, whose
/// secret can be revealed once in the session `session_id`.
///
/// # Errors
/// The actor is not allowed to, there is no such key, or it is no longer active.
pub fn replace(
    op: &mut Op,
    project: &Project,
    id: i64,
    session_id: &str,
) -> Result<Minted, DomainError> {
    let permit = op.require(Action::MintKeys, project)?;
    op.allow(Action::RevokeKeys, project)?;
    let reveal = Reveal::in_session(session_id)?;
    let refused = op.refused();
    let new = op.change(permit, |tx| {
        let project = &reread_open(tx.conn(), project)?;
        let old = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        let old = refused.note_on(old);
        if !old.is_active(tx.now()) {
            let message = "This key can no longer be used, so there is nothing to replace.";
            return Err(DomainError::Conflict(message.into()));
        }
        if let Some(successor) = old.replaced_by {
            let message = format!("This key was rotated: key {successor} is its successor.");
            return Err(DomainError::Conflict(message));
        }
        let revocation = Revocation {
            at: tx.now(),
            by: tx.actor().name().to_owned(),
            reason: RevokeReason::Rotated,
            note: Some("Replaced by a new key".into()),
        };
        keys::revoke(tx, id, &revocation)?;
        reveals::delete(tx, Of::Key(id))?;
        let terms = KeyTerms::from(&old);
        let (new, secret, entry) = write_successor(tx, project, &old, &terms, "key.replaced")?;
        reveal.store(tx, Of::Key(new), &secret)?;
        Ok(Ending::Done(new, entry))
    })?;
    Ok(reveal.minted(new))
}
