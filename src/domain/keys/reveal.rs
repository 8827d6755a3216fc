//! Reveal a new key's secret: once, in the session that created it, within five minutes.

use super::find;
use crate::access::{Action, policy};
use crate::clock::UtcTime;
use crate::db::reveals::Of;
use crate::db::{Ending, keys};
use crate::domain::reveal::{self, Revealed};
use crate::domain::seal::SealKey;
use crate::domain::{DomainError, Op, projects};
use crate::records::{Key, Project};

/// Whether a secret is waiting to be revealed in this session.
///
/// # Errors
/// The actor is not allowed to, or the database fails.
pub fn is_waiting(op: &mut Op, key: &Key, session_id: &str) -> Result<bool, DomainError> {
    policy::allow(op.actor(), Action::MintKeys, Some(key.project_id))?;
    reveal::is_waiting(op, Of::Key(key.id), session_id)
}

/// The data for the form that reveals a key.
pub struct RevealForm {
    /// The key's project.
    pub project: Project,
    /// The key.
    pub key: Key,
    /// Until when this session can reveal its secret with this seal key; `None` if it can't.
    pub waits_until: Option<UtcTime>,
    /// The key that it replaces, if any.
    pub replaced: Option<Key>,
}

/// The data for the form that reveals the key `id` of the project with this slug. The secret stays
/// hidden and can still be revealed.
///
/// # Errors
/// The actor is not allowed to, or there is no such key.
pub fn reveal_form(
    op: &mut Op,
    project: &str,
    id: i64,
    session_id: &str,
    seal_key: Option<&SealKey>,
) -> Result<RevealForm, DomainError> {
    let project = projects::find(op, project)?;
    op.allow(Action::MintKeys, &project)?;
    let key = find::read(op, &project, id)?;
    let replaced = match key.replaces {
        Some(replaced) => Some(find::read(op, &project, replaced)?),
        None => None,
    };
    Ok(RevealForm {
        waits_until: reveal::waiting_until(op, Of::Key(id), session_id, seal_key)?,
        project,
        key,
        replaced,
    })
}

/// Takes the secret out of the database and returns it. Of any number of attempts at once, one gets
/// it. An attempt from elsewhere leaves it in place.
///
/// # Errors
/// The actor is not allowed to, or nothing is waiting for this session (`NotFound`).
pub fn reveal(
    op: &mut Op,
    project: &Project,
    id: i64,
    session_id: &str,
    seal_key: &SealKey,
) -> Result<Revealed, DomainError> {
    let permit = op.require(Action::MintKeys, project)?;
    op.change(permit, |tx| {
        let key = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        let revealed = reveal::take(tx, Of::Key(id), session_id, seal_key)?;
        Ok(Ending::Done(revealed, tx.key_entry("key.revealed", &key)))
    })
}
