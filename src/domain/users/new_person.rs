//! What all ways of adding a person share.

use crate::db::{NewEntry, Tx, grants, users};
use crate::domain::passwords::Password;
use crate::domain::{DomainError, FieldError, text};
use crate::records::Role;

/// Checks an email and password, and returns the tidied email and the password's hash.
///
/// # Errors
/// Every field that is wrong.
pub(in crate::domain) fn check(
    email: &str,
    password: &Password,
) -> Result<(String, String), DomainError> {
    let tidied = text::tidy_email(email);
    let mut errors = Vec::new();
    if let Err(detail) = &tidied {
        errors.push(FieldError::new("email", *detail));
    }
    if let Err(detail) = password.check(tidied.as_deref().unwrap_or_default()) {
        errors.push(FieldError::new("password", detail));
    }
    match tidied {
        Ok(email) if errors.is_empty() => Ok((email, password.hash()?)),
        _ => Err(DomainError::Invalid(errors)),
    }
}

/// Writes a person with a password and a grant, and returns the audit entry.
///
/// # Errors
/// The email is taken.
pub(in crate::domain) fn write(
    tx: &mut Tx,
    email: &str,
    hash: &str,
    role: Role,
    project_id: Option<i64>,
) -> Result<NewEntry, DomainError> {
    require_free(tx, email)?;
    let now = tx.now();
    let id = users::insert(tx, email, hash, Some(now))?;
    grants::put(tx, id, role, project_id)?;
    Ok(tx
        .entry("user.created", email)
        .in_project(project_id)
        .with("role", role.as_str()))
}

/// Checks that nobody has this email yet.
///
/// # Errors
/// Somebody has it.
pub(super) fn require_free(tx: &mut Tx, email: &str) -> Result<(), DomainError> {
    match users::by_email(tx.conn(), email)? {
        None => Ok(()),
        Some(_) => Err(DomainError::field("email", "This email is already in use.")),
    }
}
