//! Choose a password with a one-time link.

use keyward_key::KeyDigest;

use crate::db::{Ending, password_links, sessions, setup_codes, users};
use crate::domain::passwords::Password;
use crate::domain::{DomainError, Op};
use crate::records::User;

/// The person this link is for; `None` if it was used, has expired, or never existed, or the person
/// is disabled.
///
/// # Errors
/// The database fails.
pub fn person_of(op: &mut Op, code: &str) -> Result<Option<User>, DomainError> {
    let now = op.now();
    Ok(password_links::person(
        op.conn(),
        &KeyDigest::of(code),
        now,
    )?)
}

/// Sets the password that a person chose with their link. The link and all their sessions end.
///
/// # Errors
/// The link no longer works (`NotFound`), or the password is weak.
pub fn choose_password(op: &mut Op, code: &str, password: &Password) -> Result<(), DomainError> {
    let (actor, now) = (op.actor(), op.now());
    let permit = password_links::permit_for(op.conn(), actor, KeyDigest::of(code), now)?;
    let permit = permit.ok_or(DomainError::NotFound)?;
    let user = permit.user();
    if let Err(detail) = password.check(&user.email) {
        return Err(DomainError::field("password", detail));
    }
    let hash = password.hash()?;
    op.change(&permit, |tx| {
        // A link works once: of any number of attempts at once, one takes it.
        if !password_links::take(tx, &permit.digest())? {
            return Err(DomainError::NotFound);
        }
        users::set_password(tx, user, &hash)?;
        sessions::delete_of_user(tx, user.id, None)?;
        if users::any_owner(tx.conn())? {
            setup_codes::delete_all(tx)?;
        }
        let action = match user.joined_at {
            None => "user.joined",
            Some(_) => "user.password_chosen",
        };
        let mut entry = tx.entry(action, &user.email);
        (entry.actor, entry.actor_id) = (user.email.clone(), Some(user.id));
        Ok(Ending::Done((), entry))
    })
}
