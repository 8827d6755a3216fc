//! Remove a role from a person.

use super::last_owner::keep_an_owner;
use super::less::end_tokens_if_less;
use super::place::{Whom, find, require};
use crate::db::{Ending, grants};
use crate::domain::{DomainError, Op, Precondition};
use crate::records::{Grant, Project};

/// Takes away the role that a person has on `project`, or on all projects.
///
/// # Errors
/// The actor is not allowed to, the person has no role there or one that does not match `still`, or
/// they are the last owner.
pub fn delete(
    op: &mut Op,
    project: Option<&Project>,
    whom: &Whom,
    still: &Precondition<Grant>,
) -> Result<(), DomainError> {
    let permit = require(op, project)?;
    let place = project.map(|project| project.id);
    op.change(permit, |tx| {
        let (user, before) = find(tx, whom, place)?;
        let before = before.ok_or(DomainError::NotFound)?;
        still.check(Some(&before))?;
        keep_an_owner(tx.conn(), &user, Some(before.role))?;
        grants::delete(tx, user.id, place)?;
        end_tokens_if_less(tx, user.id, place, Some(before.role), None)?;
        let entry = tx
            .entry("grant.taken", &user.email)
            .in_project(place)
            .with("role", before.role.as_str());
        Ok(Ending::Done((), entry))
    })
}
