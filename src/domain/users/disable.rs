//! Keep a person out.

use super::find;
use crate::access::Action;
use crate::db::{Ending, grants, password_links, sessions, users};
use crate::domain::grants::{keep_an_owner, last_owner};
use crate::domain::{DomainError, Op, tokens};
use crate::records::{Person, Role, User};

/// What a form for disabling a person needs to know.
pub struct DisablingForm {
    /// The person.
    pub person: Person,
    /// How many of their personal tokens work.
    pub tokens: i64,
    /// Why they can't be disabled, if they can't; see [`obstacle`].
    pub obstacle: Option<String>,
}

/// What a form for disabling the person with this id needs to know.
///
/// # Errors
/// The actor may not, there is no such person, or they are disabled already.
pub fn disabling_form(op: &mut Op, id: i64) -> Result<DisablingForm, DomainError> {
    let person = find(op, id)?;
    require_enabled(&person.user)?;
    let now = op.now();
    let tokens = tokens::list(op, id)?;
    let active = tokens.iter().filter(|token| token.is_active(now)).count();
    let obstacle = obstacle(op, &person)?;
    Ok(DisablingForm {
        person,
        tokens: i64::try_from(active).unwrap_or(i64::MAX),
        obstacle,
    })
}

/// Why a person can't be disabled or lose the role of an owner, if they can't: nobody else could
/// sign in as one.
///
/// # Errors
/// The actor may not.
pub fn obstacle(op: &mut Op, person: &Person) -> Result<Option<String>, DomainError> {
    op.require_on_all(Action::ManageUsers)?;
    match person.grants.iter().any(|grant| grant.role == Role::Owner) {
        true => last_owner(op.conn(), &person.user),
        false => Ok(None),
    }
}

/// Keeps a person out: every session and short-lived token of theirs ends, and no personal
/// token of theirs works, from the next request on.
///
/// # Errors
/// The actor may not, there is no such person, or they are the last owner.
pub fn disable(op: &mut Op, id: i64) -> Result<(), DomainError> {
    let permit = op.require_on_all(Action::ManageUsers)?;
    op.change(permit, |tx| {
        let user = users::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        require_enabled(&user)?;
        for grant in grants::of_user(tx.conn(), id)? {
            keep_an_owner(tx.conn(), &user, Some(grant.role))?;
        }
        let now = tx.now();
        users::set_disabled(tx, id, Some(now))?;
        sessions::delete_of_user(tx, id, None)?;
        password_links::delete_of_user(tx, id)?;
        Ok(Ending::Done((), tx.entry("user.disabled", &user.email)))
    })
}

fn require_enabled(user: &User) -> Result<(), DomainError> {
    match user.disabled_at {
        None => Ok(()),
        Some(_) => {
            let message = "This person was disabled already.";
            Err(DomainError::Conflict(message.into()))
        }
    }
}
