//! Reveal a new key's secret: once, in the session that created it, within five minutes.

use super::policy::{self, Action};
use super::seal::SealKey;
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::projects::Project;
use crate::db::{AnyConnection, Connection, change, keys, reveals};
use crate::key::{Key, PlainKey};

/// A secret on its one showing.
#[derive(Debug)]
pub struct Revealed {
    pub secret: PlainKey,
    /// When the page has to forget it.
    pub until: UtcTime,
}

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
    let reveal = reveals::of_key(conn, key.id)?;
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
    let Some(reveal) = reveals::of_key(conn, key.id)? else {
        return Ok(None);
    };
    let opens = reveal.waits_for(session_id, now)
        && seal_key.is_some_and(|seal| seal.open(&reveal.sealed, key.id, session_id).is_some());
    Ok(opens.then_some(reveal.expires_at))
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
        let reveal = reveals::of_key(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        if !reveal.waits_for(session_id, now) {
            return Err(DomainError::NotFound);
        }
        let secret = seal_key
            .open(&reveal.sealed, id, session_id)
            .ok_or(DomainError::NotFound)?;
        reveals::delete(tx, id)?;
        let entry = actor.key_entry("key.revealed", &key, now);
        Ok((
            Revealed {
                secret,
                until: reveal.expires_at,
            },
            entry,
        ))
    })
}
