//! Revoke several keys that were selected in a list.

use super::find;
use super::revoke::{RevokeRequest, revoke};
use crate::access::Action;
use crate::domain::{DomainError, Op};
use crate::records::{Key, Project};

/// Above this number, it has to be typed.
pub const FEW: usize = 10;
/// The most that can be selected.
pub const MOST: usize = 200;

/// The keys with these ids, each with its project, in the order of the ids. Those that were revoked
/// meanwhile are left out.
///
/// # Errors
/// The actor may not do `action` to one of them, one does not exist, or there are none or too many.
pub fn selection(
    op: &mut Op,
    action: Action,
    ids: &[i64],
) -> Result<Vec<(Project, Key)>, DomainError> {
    if ids.is_empty() {
        return Err(DomainError::Conflict("No keys are selected.".into()));
    }
    if ids.len() > MOST {
        let message = format!("Select at most {MOST} keys at a time.");
        return Err(DomainError::Conflict(message));
    }
    let mut selected: Vec<(Project, Key)> = Vec::new();
    for id in ids {
        let (project, key) = find::find_to(op, action, None, *id)?;
        let is_new = selected.iter().all(|(_, known)| known.id != key.id);
        if is_new && key.revocation.is_none() {
            selected.push((project, key));
        }
    }
    match selected.is_empty() {
        true => Err(DomainError::Conflict(
            "These keys are already revoked.".into(),
        )),
        false => Ok(selected),
    }
}

/// Revokes the keys with these ids, with an audit entry each, and returns them. If there are more
/// than [`FEW`], `typed` must be their number. Keys that somebody else revokes meanwhile are left out.
/// If it fails midway, the keys before stay revoked, and the rest can be revoked again.
///
/// # Errors
/// As for [`selection`]; the reason or the number is missing; the database fails.
pub fn revoke_selected(
    op: &mut Op,
    ids: &[i64],
    request: &RevokeRequest,
    typed: &str,
) -> Result<Vec<(Project, Key)>, DomainError> {
    let selected = selection(op, Action::RevokeKeys, ids)?;
    request.check()?;
    let number = selected.len();
    if number > FEW && typed.trim() != number.to_string() {
        let detail = format!("Type {number}, the number of keys to revoke.");
        return Err(DomainError::field("number", detail));
    }
    let mut revoked = Vec::new();
    for (project, key) in selected {
        match revoke(op, &project, key.id, request) {
            Ok(key) => revoked.push((project, key)),
            Err(DomainError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(revoked)
}
