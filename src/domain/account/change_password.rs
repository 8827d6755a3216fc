//! Change one's own password.

use super::own_user;
use crate::db::{Ending, sessions, users};
use crate::domain::passwords::Password;
use crate::domain::{DomainError, FieldError, Op};
use crate::records::User;

/// Changes one's own password. Ends every session except the one with the digest `but`, and returns
/// its new stamp (see [`User::stamp`]).
///
/// # Errors
/// The current password is wrong, or the new one is weak.
pub fn change_password(
    op: &mut Op,
    present: &Password,
    new: &Password,
    but: Option<&[u8]>,
) -> Result<String, DomainError> {
    let permit = op.require_own()?;
    let user = own_user(op)?;
    let mut errors = Vec::new();
    if !present.is(&user.password_hash) {
        let detail = "This is not your current password.";
        errors.push(FieldError::new("present_password", detail));
    }
    if let Err(detail) = new.check(&user.email) {
        errors.push(FieldError::new("password", detail));
    }
    if !errors.is_empty() {
        return Err(DomainError::Invalid(errors));
    }
    let hash = new.hash()?;
    op.change(permit, |tx| {
        // Whoever reset the password meanwhile meant to lock out those who know the old one.
        let stored = users::by_id(tx.conn(), user.id)?;
        if stored.is_none_or(|stored| stored.password_hash != user.password_hash) {
            return Err(DomainError::NoLonger);
        }
        users::set_password(tx, &user, &hash)?;
        sessions::delete_of_user(tx, user.id, but)?;
        let entry = tx.entry("user.password_changed", &user.email);
        let after = User {
            password_hash: hash,
            ..user
        };
        Ok(Ending::Done(after.stamp(), entry))
    })
}
