//! The person who acts.

use crate::db::users;
use crate::domain::{DomainError, Op};
use crate::records::User;

/// The person who acts, by a session or a short-lived token. A personal token is not the person: it
/// can't change who its owner is.
///
/// # Errors
/// Nobody is signed in, or the actor uses a personal token.
pub fn own_user(op: &mut Op) -> Result<User, DomainError> {
    let own = op.require_own()?;
    users::by_id(op.conn(), own.user_id())?.ok_or(DomainError::NotFound)
}
