//! Let a disabled person in again.

use crate::access::Action;
use crate::db::{Ending, grants, users};
use crate::domain::{DomainError, Op};

/// Lets a disabled person in again, with the password and roles they had. That gives them their roles,
/// so a personal token must be allowed to do everything that they allow: otherwise one that may only
/// manage people could bring back an owner.
///
/// # Errors
/// The actor is not allowed to, there is no such person, or they are not disabled.
pub fn enable(op: &mut Op, id: i64) -> Result<(), DomainError> {
    let permit = op.require_on_all(Action::ManageUsers)?;
    for grant in grants::of_user(op.conn(), id)? {
        op.allow_to_give(grant.role, grant.project_id)?;
    }
    op.change(permit, |tx| {
        let user = users::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        if user.disabled_at.is_none() {
            let message = "This person is not disabled.";
            return Err(DomainError::Conflict(message.into()));
        }
        users::set_disabled(tx, id, None)?;
        Ok(Ending::Done((), tx.entry("user.enabled", &user.email)))
    })
}
