//! The rule that there is always an owner who can sign in.

use crate::db::{AnyConnection, users};
use crate::domain::DomainError;
use crate::records::{Role, User};

/// Lets an owner lose the role only if another owner can sign in.
///
/// # Errors
/// They are the last owner who can sign in.
pub(in crate::domain) fn keep_an_owner(
    conn: &mut AnyConnection,
    user: &User,
    role: Option<Role>,
) -> Result<(), DomainError> {
    if role != Some(Role::Owner) {
        return Ok(());
    }
    match last_owner(conn, user)? {
        None => Ok(()),
        Some(message) => Err(DomainError::Conflict(message)),
    }
}

/// Why an owner has to remain one; `None` if they need not.
pub(in crate::domain) fn last_owner(
    conn: &mut AnyConnection,
    user: &User,
) -> Result<Option<String>, DomainError> {
    let is_last = users::other_owners(conn, user.id)? == 0;
    Ok(is_last.then(|| {
        format!(
            "{} is the last owner who can sign in. Make somebody else an owner first.",
            user.email
        )
    }))
}
