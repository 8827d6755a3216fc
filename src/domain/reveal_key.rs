//! Reveal a new key's secret: once, in the session that created it, within five minutes.

use super::policy::{self, Action};
use super::reveal::{self, Revealed};
use super::seal::SealKey;
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::projects::Project;
use crate::db::reveals::Of;
use crate::db::{AnyConnection, Connection, change, keys, reveals};
use crate::key::Key;

/// Whether a secret waits for its reveal in this session.
///
/// # Errors
/// The actor may not, or the database fails.
pub fn is_waiting(
    conn: &mut AnyConnection,
    actor: &Actor,
    key: &Key,
    session_id: &str,
    now: UtcTime,
) -> Result<bool, DomainError> {
    policy::require(actor, Action::MintKeys, Some(key.project_id))?;
    let reveal = reveals::find(conn, Of::Key(key.id))?;
    Ok(reveal.is_some_and(|reveal| reveal.waits_for(session_id, now)))
}

/// Until when a secret waits for this session with this seal key, if it does. Shows nothing
/// and uses nothing up.
pub fn waiting_until(
    conn: &mut AnyConnection,
    actor: &Actor,
    key: &Key,
    session_id: &str,
    seal_key: Option<&SealKey>,
    now: UtcTime,
) -> Result<Option<UtcTime>, DomainError> {
    policy::require(actor, Action::MintKeys, Some(key.project_id))?;
    reveal::waiting_until(conn, Of::Key(key.id), session_id, seal_key, now)
}

/// Takes the secret out of the database and shows it. Of any number of attempts at once, one
/// gets it; an attempt from elsewhere uses nothing up.
///
/// # Errors
/// The actor may not; or `NotFound`, where nothing waits for this session.
pub fn reveal_key(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    id: i64,
    session_id: &str,
    seal_key: &SealKey,
    now: UtcTime,
) -> Result<Revealed, DomainError> {
    policy::require(actor, Action::MintKeys, Some(project.id))?;
    change(conn, |tx| {
        let key = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        let revealed = reveal::take(tx, Of::Key(id), session_id, seal_key, now)?;
        Ok((revealed, actor.key_entry("key.revealed", &key, now)))
    })
}
