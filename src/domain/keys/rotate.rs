//! Rotate a key: mint its successor, and let the old key keep working for a chosen overlap.

use keyward_key::PlainKey;
use time::Duration;

use super::find;
use super::usage::passed_last_day;
use super::write::write_successor;
use crate::access::Action;
use crate::clock::{UtcTime, rfc3339};
use crate::db::reveals::Of;
use crate::db::{Ending, Tx, keys};
use crate::domain::archived::reread_open;
use crate::domain::reveal::{Minted, MintedKey, Reveal};
use crate::domain::{DomainError, Op, idempotency, projects};
use crate::json::KeyJson;
use crate::records::{Key, KeyTerms, Project};

/// The longest overlap.
pub const MAX_OVERLAP: Duration = Duration::days(90);

/// The data for the form that rotates a key.
pub struct RotationForm {
    /// The key's project.
    pub project: Project,
    /// The key as it is.
    pub key: Key,
    /// How many requests with it passed in the last 24 hours.
    pub last_day: i64,
}

/// The data for the form that rotates the key `id` of the project with this slug.
///
/// # Errors
/// The actor may not rotate it, there is no such key, it can no longer be used or was rotated
/// before, or the project is archived.
pub fn rotation_form(op: &mut Op, project: &str, id: i64) -> Result<RotationForm, DomainError> {
    op.prepare(|op| {
        let project = projects::find(op, project)?;
        op.allow(Action::MintKeys, &project)?;
        let key = find::read(op, &project, id)?;
        if project.archived_at.is_some() {
            let message = "This project is archived, so none of its keys can be rotated.";
            return Err(DomainError::Conflict(message.into()));
        }
        require_rotatable(&key, op.now())?;
        let last_day = passed_last_day(op, &key)?;
        Ok(RotationForm {
            project,
            key,
            last_day,
        })
    })
}

/// Mints the successor of the key `id`, with the same label, scopes and limits, whose secret
/// can be revealed once in the session `session_id`. The old key ends after `overlap`.
///
/// # Errors
/// The actor is not allowed to, there is no such key, it can no longer be used or was rotated
/// before, the overlap is too long, or the project is archived.
pub fn rotate(
    op: &mut Op,
    project: &Project,
    id: i64,
    overlap: Duration,
    session_id: &str,
) -> Result<Minted, DomainError> {
    let reveal = Reveal::in_session(session_id)?;
    let minted = rotate_with(op, project, id, overlap, None, |tx, id, secret| {
        reveal.store(tx, Of::Key(id), secret)
    })?;
    Ok(reveal.minted(minted.key.id))
}

/// Like [`rotate`], but returns the secret, which is not available again.
///
/// # Errors
/// As for [`rotate`].
pub fn rotate_at_once(
    op: &mut Op,
    project: &Project,
    id: i64,
    overlap: Duration,
) -> Result<MintedKey, DomainError> {
    rotate_with(op, project, id, overlap, None, |_, _, _| Ok(()))
}

/// Like [`rotate_at_once`], with the random characters of the secret of made-up data.
///
/// # Errors
/// As for [`rotate`].
pub fn rotate_made_up(
    op: &mut Op,
    project: &Project,
    id: i64,
    overlap: Duration,
    random: &str,
) -> Result<MintedKey, DomainError> {
    rotate_with(op, project, id, overlap, Some(random), |_, _, _| Ok(()))
}

fn rotate_with(
    op: &mut Op,
    project: &Project,
    id: i64,
    overlap: Duration,
    random: Option<&str>,
    hand_over: impl FnOnce(&mut Tx, i64, &PlainKey) -> Result<(), DomainError>,
) -> Result<MintedKey, DomainError> {
    let permit = op.require(Action::MintKeys, project)?;
    if overlap.is_negative() || overlap > MAX_OVERLAP {
        return Err(DomainError::field(
            "overlap_seconds",
            "Choose an overlap of at most 90 days (7,776,000 seconds).",
        ));
    }
    let (call, refused) = (op.call(), op.refused());
    op.change(permit, |tx| {
        let now = tx.now();
        let project = &reread_open(tx.conn(), project)?;
        let old = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        let old = refused.note_on(old);
        require_rotatable(&old, now)?;
        let ends_at = ends_at(&old, overlap, now);
        let kept = KeyTerms::from(&old);
        let until_then = KeyTerms {
            expires_at: Some(ends_at),
            ..kept.clone()
        };
        keys::update(tx, &old, &until_then)?;
        let terms = KeyTerms {
            expires_at: successor_expiry(&old, project.max_lifetime_days, now),
            ..kept
        };
        let format = project.key_format();
        let secret = match random {
            Some(random) => format.with_random(old.environment, random),
            None => format.generate(old.environment)?,
        };
        let (new, entry) = write_successor(tx, project, &old, &terms, &secret)?;
        hand_over(tx, new, &secret)?;
        let key = keys::by_id(tx.conn(), project.id, new)?.ok_or(DomainError::NotFound)?;
        idempotency::remember(tx, call.as_ref(), &KeyJson::new(&key, project, now))?;
        let entry = entry
            .with("replaced_ends_at", rfc3339(ends_at))
            .with("replaced_expires_at", old.expires_at.map(rfc3339));
        Ok(Ending::Done(MintedKey { key, secret }, entry))
    })
}

fn require_rotatable(key: &Key, now: UtcTime) -> Result<(), DomainError> {
    if !key.is_active(now) {
        let message = "This key no longer works, so it can't be rotated.";
        return Err(DomainError::Conflict(message.into()));
    }
    if let Some(successor) = key.replaced_by {
        let message = format!("This key was already rotated. Key {successor} is its successor.");
        return Err(DomainError::Conflict(message));
    }
    Ok(())
}

/// The overlap never makes the old key live longer than it would have.
fn ends_at(old: &Key, overlap: Duration, now: UtcTime) -> UtcTime {
    let end = now + overlap;
    old.expires_at.map_or(end, |expiry| expiry.min(end))
}

/// The successor lives as long as the old key was meant to, counted from now, but no longer than
/// the project allows.
fn successor_expiry(old: &Key, max_lifetime_days: Option<i64>, now: UtcTime) -> Option<UtcTime> {
    let meant = old.expires_at.map(|expiry| expiry - old.created_at);
    let most = max_lifetime_days.map(Duration::days);
    let lifetime = meant.into_iter().chain(most).min();
    lifetime.map(|lifetime| now.saturating_add(lifetime))
}
