//! Give a person another password, and end their sessions.

use super::create_user::check;
use super::passwords::Password;
use super::policy::{self, Action};
use super::{Actor, DomainError, text};
use crate::clock::UtcTime;
use crate::db::{Connection, change, sessions, users};

/// Gives the person with this email another password. Every session of theirs ends.
///
/// # Errors
/// The actor may not, there is no such person, or the password is weak.
pub fn reset_password(
    conn: &mut Connection,
    actor: &Actor,
    email: &str,
    password: &Password,
    now: UtcTime,
) -> Result<(), DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    let email = text::tidy_email(email).map_err(|told| DomainError::field("email", told))?;
    let user = users::by_email(conn, &email)?
        .ok_or_else(|| DomainError::field("email", format!("Nobody has the email {email}.")))?;
    let (_, hash) = check(&email, password)?;
    change(conn, |tx| {
        users::set_password(tx, &user, &hash, now)?;
        sessions::delete_of_user(tx, user.id, None)?;
        Ok(((), actor.entry("user.password_reset", &email, now)))
    })
}
