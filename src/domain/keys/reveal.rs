//! Reveal a new key's secret: once, in the session that created it, within five minutes.

use super::find;
use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::reveals::Of;
use crate::db::{Ending, keys};
use crate::domain::reveal::{self, Revealed};
use crate::domain::seal::SealKey;
use crate::domain::{DomainError, Op, projects};
use crate::records::{Key, Project};

/// Whether a secret waits for its reveal in this session.
///
/// # Errors
/// The actor may not, or the database fails.
pub fn is_waiting(
    op: &mut Op,
    project: &Project,
    key: &Key,
    session_id: &str,
) -> Result<bool, DomainError> {
    op.require(Action::MintKeys, project)?;
    reveal::is_waiting(op, Of::Key(key.id), session_id)
}

/// What a form for revealing a key needs to know.
pub struct RevealForm {
    /// The key's project.
    pub project: Project,
    /// The key.
    pub key: Key,
    /// Until when its secret waits for this session with this seal key, if it does.
    pub waits_until: Option<UtcTime>,
    /// The key that it replaces.
    pub replaced: Option<Key>,
}

/// What a form for revealing the key `id` of the project with this slug needs to know. Shows
/// nothing and uses nothing up.
///
/// # Errors
/// The actor may not, or there is no such key.
pub fn reveal_form(
    op: &mut Op,
    project: &str,
    id: i64,
    session_id: &str,
    seal_key: Option<&SealKey>,
) -> Result<RevealForm, DomainError> {
    let project = projects::find(op, project)?;
    op.require(Action::MintKeys, &project)?;
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

/// Takes the secret out of the database and shows it. Of any number of attempts at once, one
/// gets it; an attempt from elsewhere uses nothing up.
///
/// # Errors
/// The actor may not; or `NotFound`, where nothing waits for this session.
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
