//! Give a person a role.

use super::last_owner::keep_an_owner;
use super::less::end_tokens_if_less;
use super::place::{Whom, find, require};
use crate::db::{Ending, grants};
use crate::domain::{DomainError, Op, Precondition};
use crate::records::{Grant, Project, Role};

/// Gives a person a role on `project`, or on all projects, replacing the one they have there. It
/// applies from their next request on. Returns whether they had none there before.
///
/// # Errors
/// The actor is not allowed to, there is no such person, the role does not exist there, their
/// present grant does not match `still`, or they are the last owner.
pub fn put(
    op: &mut Op,
    project: Option<&Project>,
    whom: &Whom,
    role: Role,
    still: &Precondition<Grant>,
) -> Result<bool, DomainError> {
    let permit = require(op, project)?;
    let place = project.map(|project| project.id);
    if role == Role::Owner && place.is_some() {
        let detail = "Owners are always on all projects.";
        return Err(DomainError::field("role", detail));
    }
    op.allow_to_give(role, place)?;
    op.change(permit, |tx| {
        let (user, before) = find(tx, whom, place)?;
        still.check(before.as_ref())?;
        let was = before.map(|before| before.role);
        if was != Some(role) {
            keep_an_owner(tx.conn(), &user, was)?;
            grants::put(tx, user.id, role, place)?;
            end_tokens_if_less(tx, user.id, place, was, Some(role))?;
        }
        let entry = tx
            .entry("grant.given", &user.email)
            .in_project(place)
            .with("role", role.as_str())
            .with("was", was.map(Role::as_str));
        Ok(Ending::Done(was.is_none(), entry))
    })
}
