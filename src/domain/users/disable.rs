//! Disable a person.

use super::find;
use crate::access::Action;
use crate::db::{Ending, grants, password_links, sessions, users};
use crate::domain::grants::{keep_an_owner, last_owner};
use crate::domain::{DomainError, Op, tokens};
use crate::records::{Person, Role, User};

/// The data for the form that disables a person.
pub struct DisablingForm {
    /// The person.
    pub person: Person,
    /// How many working personal tokens they have.
    pub tokens: i64,
    /// Why they can't be disabled, if so; see [`obstacle`].
    pub obstacle: Option<String>,
}

/// The data for the form that disables the person with this id.
///
/// # Errors
/// The actor is not allowed to, there is no such person, or they are disabled already.
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

/// Why a person can't be disabled or lose the role of an owner: nobody else could sign in as one.
/// `None` if nothing stands in the way.
///
/// # Errors
/// The actor is not allowed to.
pub fn obstacle(op: &mut Op, person: &Person) -> Result<Option<String>, DomainError> {
    op.allow_on_all(Action::ManageUsers)?;
    match person.grants.iter().any(|grant| grant.role == Role::Owner) {
        true => last_owner(op.conn(), &person.user),
        false => Ok(None),
    }
}

/// Disables a person: from the next request on, their sessions and short-lived tokens have ended,
/// and none of their personal tokens works.
///
/// # Errors
/// The actor is not allowed to, there is no such person, or they are the last owner.
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
            let message = "This person is already disabled.";
            Err(DomainError::Conflict(message.into()))
        }
    }
}
