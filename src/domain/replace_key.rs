//! Replace a key whose secret nobody has: revoke it and mint the same again.

use super::archive_project::present;
use super::mint_key::write_successor;
use super::policy::{self, Action};
use super::reveal::{Minted, lay_down};
use super::seal::SealKey;
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::keys::{self, KeyTerms};
use crate::db::projects::Project;
use crate::db::reveals::Of;
use crate::db::{Connection, change, reveals};
use crate::key::{Revocation, RevokeReason};

/// Revokes the key `id` and mints one with the same label, scopes, expiry and limits, whose
/// secret can be revealed once in the session `session_id`.
///
/// # Errors
/// The actor may not, there is no such key, or it is no longer active.
pub fn replace_key(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    id: i64,
    session_id: &str,
    now: UtcTime,
) -> Result<Minted, DomainError> {
    policy::require(actor, Action::MintKeys, Some(project.id))?;
    policy::require(actor, Action::RevokeKeys, Some(project.id))?;
    let seal_key = SealKey::generate()?;
    change(conn, |tx| {
        let project = &present(tx.conn(), project)?;
        let old = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        if !old.is_active(now) {
            let told = "This key can no longer be used, so there is nothing to replace.";
            return Err(DomainError::Conflict(told.into()));
        }
        if let Some(successor) = old.replaced_by {
            let told = format!("This key was rotated: key {successor} is its successor.");
            return Err(DomainError::Conflict(told));
        }
        let revocation = Revocation {
            at: now,
            by: actor.name().to_owned(),
            reason: RevokeReason::Rotated,
            note: Some("Replaced by a new key".into()),
        };
        keys::revoke(tx, id, &revocation)?;
        reveals::delete(tx, Of::Key(id))?;
        let terms = KeyTerms::from(&old);
        let (id, secret, entry) =
            write_successor(tx, actor, project, &old, &terms, "key.replaced", now)?;
        lay_down(tx, Of::Key(id), &seal_key, &secret, session_id, now)?;
        Ok((Minted { id, seal_key }, entry))
    })
}
