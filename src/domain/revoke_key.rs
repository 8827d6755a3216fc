//! Revoke a key. There is no way back.

use super::policy::{self, Action};
use super::{Actor, DomainError, text};
use crate::clock::UtcTime;
use crate::db::projects::Project;
use crate::db::reveals::Of;
use crate::db::{Connection, change, instances, keys, reveals};
use crate::key::{Key, Revocation, RevokeReason};

/// Why a key is to be revoked, as a form or a request says it.
#[derive(Clone, Debug, Default)]
pub struct RevokeRequest {
    pub reason: String,
    pub note: String,
}

impl RevokeRequest {
    fn check(&self) -> Result<(RevokeReason, Option<String>), DomainError> {
        let reason = self
            .reason
            .parse()
            .map_err(|_| DomainError::field("reason", "Choose why the key ends."))?;
        let note = match self.note.trim() {
            "" if reason == RevokeReason::Other => {
                return Err(DomainError::field(
                    "note",
                    "Say in a few words what the reason is.",
                ));
            }
            "" => None,
            note => Some(text::tidy(note).map_err(|told| DomainError::field("note", told))?),
        };
        Ok((reason, note))
    }
}

/// Revokes the key `id` of `project` and gives it back. When this returns, the next request
/// with the key fails.
///
/// # Errors
/// The actor may not, there is no such key, no reason, or it was revoked before.
pub fn revoke_key(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    id: i64,
    request: &RevokeRequest,
    now: UtcTime,
) -> Result<Key, DomainError> {
    policy::require(actor, Action::RevokeKeys, Some(project.id))?;
    let (reason, note) = request.check()?;
    let revoked = change(conn, |tx| {
        let mut key = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        if let Some(earlier) = &key.revocation {
            let told = format!("This key was revoked already, by {}.", earlier.by);
            return Err(DomainError::Conflict(told));
        }
        let revocation = Revocation {
            at: now,
            by: actor.name().to_owned(),
            reason,
            note,
        };
        keys::revoke(tx, id, &revocation)?;
        reveals::delete(tx, Of::Key(id))?;
        let mut entry = actor.key_entry("key.revoked", &key, now);
        entry
            .details
            .insert("reason".into(), reason.as_str().into());
        entry
            .details
            .insert("note".into(), revocation.note.clone().into());
        key.revocation = Some(revocation);
        Ok((key, entry))
    });
    if let Err(DomainError::Conflict(_)) = &revoked {
        // Whoever revoked it may have been cut off before every instance knew.
        instances::settle_committed(conn)?;
    }
    revoked
}
