//! Revoke a key. This can’t be undone.

use super::find;
use super::usage::passed_last_day;
use crate::access::Action;
use crate::db::reveals::{self, Of};
use crate::db::{Ending, NewEntry, Tx, keys};
use crate::domain::{DomainError, Op, projects, text};
use crate::records::{Key, Project, Revocation, RevokeReason};

/// Why a key is to be revoked, as a form or a request gives it.
#[derive(Clone, Debug, Default)]
pub struct RevokeRequest {
    /// The word for a [`RevokeReason`].
    pub reason: String,
    /// More about it, in a few words; required for the reason `other`.
    pub note: String,
}

impl RevokeRequest {
    pub(super) fn check(&self) -> Result<(RevokeReason, Option<String>), DomainError> {
        let reason = self
            .reason
            .parse()
            .map_err(|_| DomainError::field("reason", "Choose a reason."))?;
        let note = match self.note.trim() {
            "" if reason == RevokeReason::Other => {
                return Err(DomainError::field("note", "Required for Other."));
            }
            "" => None,
            note => Some(text::tidy(note).map_err(|detail| DomainError::field("note", detail))?),
        };
        Ok((reason, note))
    }
}

/// The data for the form that revokes a key.
pub struct RevocationForm {
    /// The key's project.
    pub project: Project,
    /// The key as it is.
    pub key: Key,
    /// How many requests with it passed in the last 24 hours.
    pub last_day: i64,
}

/// The data for the form that revokes the key `id` of the project with this slug.
///
/// # Errors
/// The actor may not revoke it, there is no such key, or it was revoked already.
pub fn revocation_form(op: &mut Op, project: &str, id: i64) -> Result<RevocationForm, DomainError> {
    op.prepare(|op| {
        let project = projects::find(op, project)?;
        op.allow(Action::RevokeKeys, &project)?;
        let key = find::read(op, &project, id)?;
        require_unrevoked(&key)?;
        let last_day = passed_last_day(op, &key)?;
        Ok(RevocationForm {
            project,
            key,
            last_day,
        })
    })
}

/// Revokes the key `id` of `project` and returns it. Once this returns, the next request with the
/// key fails.
///
/// # Errors
/// The actor is not allowed to, there is no such key, the reason is missing, or the key was revoked
/// before. The last is as good as success: the next request with the key fails, too.
pub fn revoke(
    op: &mut Op,
    project: &Project,
    id: i64,
    request: &RevokeRequest,
) -> Result<Key, DomainError> {
    let permit = op.require(Action::RevokeKeys, project)?;
    let (reason, note) = request.check()?;
    op.change(permit, |tx| {
        let mut key = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        require_unrevoked(&key)?;
        let entry = write_revocation(tx, &mut key, reason, note)?;
        Ok(Ending::Done(key, entry))
    })
}

/// Revokes `key`, which was not revoked before, in the name of whoever makes the change, and returns the
/// audit entry. A secret that waits to be revealed is deleted.
pub(in crate::domain) fn write_revocation(
    tx: &mut Tx,
    key: &mut Key,
    reason: RevokeReason,
    note: Option<String>,
) -> Result<NewEntry, DomainError> {
    let revocation = Revocation {
        at: tx.now(),
        by: tx.actor().name().to_owned(),
        reason,
        note,
    };
    keys::revoke(tx, key.id, &revocation)?;
    reveals::delete(tx, Of::Key(key.id))?;
    let entry = tx
        .key_entry("key.revoked", key)
        .with("reason", reason.as_str())
        .with("note", revocation.note.clone());
    key.revocation = Some(revocation);
    Ok(entry)
}

fn require_unrevoked(key: &Key) -> Result<(), DomainError> {
    match &key.revocation {
        None => Ok(()),
        Some(earlier) => {
            let message = format!("This key was already revoked by {}.", earlier.by);
            Err(DomainError::Conflict(message))
        }
    }
}
