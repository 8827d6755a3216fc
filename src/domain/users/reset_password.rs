//! Give a person another password, and end their sessions.

use super::new_person::check;
use crate::access::Action;
use crate::db::{Ending, sessions, users};
use crate::domain::passwords::Password;
use crate::domain::{DomainError, Op, text};

/// Gives the person with this email another password. All their sessions end.
///
/// # Errors
/// The actor is not allowed to, there is no such person, or the password is weak.
pub fn reset_password(op: &mut Op, email: &str, password: &Password) -> Result<(), DomainError> {
    let permit = op.require_on_all(Action::ManageUsers)?;
    let email = text::tidy_email(email).map_err(|detail| DomainError::field("email", detail))?;
    let user = users::by_email(op.conn(), &email)?
        .ok_or_else(|| DomainError::field("email", format!("Nobody has the email {email}.")))?;
    let (_, hash) = check(&email, password)?;
    op.change(permit, |tx| {
        users::set_password(tx, &user, &hash)?;
        sessions::delete_of_user(tx, user.id, None)?;
        Ok(Ending::Done((), tx.entry("user.password_reset", &email)))
    })
}
