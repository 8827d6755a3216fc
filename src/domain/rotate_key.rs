//! Rotate a key: mint its successor, and let the old one work on for a chosen overlap.

use time::Duration;

use super::archive_project::present;
use super::mint_key::write_successor;
use super::policy::{self, Action};
use super::reveal::{Minted, MintedKey, lay_down};
use super::seal::SealKey;
use super::{Actor, DomainError};
use crate::clock::{UtcTime, rfc3339};
use crate::db::keys::{self, KeyTerms};
use crate::db::projects::Project;
use crate::db::reveals::Of;
use crate::db::{Connection, Tx, change};
use crate::key::{Key, PlainKey};

/// The longest overlap.
pub const MAX_OVERLAP: Duration = Duration::days(90);

/// Mints the successor of the key `id`, with the same label, scopes and limits, whose secret
/// can be revealed once in the session `session_id`. The old key ends after `overlap`.
///
/// # Errors
/// The actor may not, there is no such key, it can no longer be used or was rotated before, the
/// overlap is too long, or the project is archived.
pub fn rotate_key(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    id: i64,
    overlap: Duration,
    session_id: &str,
    now: UtcTime,
) -> Result<Minted, DomainError> {
    let seal_key = SealKey::generate()?;
    let lay_down = |tx: &mut Tx, id, secret: &PlainKey| {
        lay_down(tx, Of::Key(id), &seal_key, secret, session_id, now)
    };
    let minted = rotate(conn, actor, project, id, overlap, now, lay_down)?;
    Ok(Minted {
        id: minted.key.id,
        seal_key,
    })
}

/// The same, handing the secret to the caller, the only time there is.
///
/// # Errors
/// As for [`rotate_key`].
pub fn rotate_key_at_once(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    id: i64,
    overlap: Duration,
    now: UtcTime,
) -> Result<MintedKey, DomainError> {
    rotate(conn, actor, project, id, overlap, now, |_, _, _| Ok(()))
}

fn rotate(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    id: i64,
    overlap: Duration,
    now: UtcTime,
    hand_over: impl FnOnce(&mut Tx, i64, &PlainKey) -> Result<(), DomainError>,
) -> Result<MintedKey, DomainError> {
    policy::require(actor, Action::MintKeys, Some(project.id))?;
    if overlap.is_negative() || overlap > MAX_OVERLAP {
        return Err(DomainError::field(
            "overlap_seconds",
            "Choose an overlap of at most 90 days (7,776,000 seconds).",
        ));
    }
    change(conn, |tx| {
        let project = &present(tx.conn(), project)?;
        let old = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        if !old.is_active(now) {
            let told = "This key can no longer be used, so there is nothing to rotate.";
            return Err(DomainError::Conflict(told.into()));
        }
        if let Some(successor) = old.replaced_by {
            let told = format!("This key was rotated already: key {successor} is its successor.");
            return Err(DomainError::Conflict(told));
        }
        let ends_at = ends_at(&old, overlap, now);
        let kept = KeyTerms::from(&old);
        keys::update(
            tx,
            &old,
            &KeyTerms {
                expires_at: Some(ends_at),
                ..kept.clone()
            },
        )?;
        let terms = KeyTerms {
            expires_at: successor_expiry(&old, project.max_lifetime_days, now),
            ..kept
        };
        let (new, secret, mut entry) =
            write_successor(tx, actor, project, &old, &terms, "key.rotated", now)?;
        hand_over(tx, new, &secret)?;
        entry
            .details
            .insert("replaced_ends_at".into(), rfc3339(ends_at).into());
        let key = keys::by_id(tx.conn(), project.id, new)?.ok_or(DomainError::NotFound)?;
        Ok((MintedKey { key, secret }, entry))
    })
}

/// The overlap never makes the old key live longer than it would have.
fn ends_at(old: &Key, overlap: Duration, now: UtcTime) -> UtcTime {
    let end = now + overlap;
    old.expires_at.map_or(end, |expiry| expiry.min(end))
}

/// The successor lives as long as the old key was meant to, counted from now, and no longer than
/// keys of the project may.
fn successor_expiry(old: &Key, max_lifetime_days: Option<i64>, now: UtcTime) -> Option<UtcTime> {
    let meant = old.expires_at.map(|expiry| expiry - old.created_at);
    let most = max_lifetime_days.map(Duration::days);
    let lifetime = meant.into_iter().chain(most).min();
    lifetime.map(|lifetime| now.saturating_add(lifetime))
}
