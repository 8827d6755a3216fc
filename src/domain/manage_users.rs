//! The people of an instance: see them, keep them out, let them in again, end their sessions.

use super::edit_grants::{keep_an_owner, last_owner};
use super::policy::{self, Action, Role};
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::grants::{self, GrantRow};
use crate::db::users::{self, User};
use crate::db::{AnyConnection, Connection, change, password_links, sessions};

/// A person, and what they have been given.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: User,
    pub grants: Vec<GrantRow>,
}

/// Everybody, by email.
///
/// # Errors
/// The actor may not.
pub fn list_users(conn: &mut AnyConnection, actor: &Actor) -> Result<Vec<Person>, DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    let given = grants::all(conn)?;
    let people = users::all(conn)?.into_iter().map(|user| Person {
        grants: given
            .iter()
            .filter(|grant| grant.user_id == user.id)
            .cloned()
            .collect(),
        user,
    });
    Ok(people.collect())
}

/// The person with this id.
///
/// # Errors
/// The actor may not, or there is no such person.
pub fn find_user(conn: &mut AnyConnection, actor: &Actor, id: i64) -> Result<Person, DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    let user = users::by_id(conn, id)?.ok_or(DomainError::NotFound)?;
    Ok(Person {
        grants: grants::of_user(conn, id)?,
        user,
    })
}

/// Why a person can't be disabled or lose the role of an owner, if they can't: nobody else could
/// sign in as one.
///
/// # Errors
/// The actor may not.
pub fn obstacle(
    conn: &mut AnyConnection,
    actor: &Actor,
    person: &Person,
) -> Result<Option<String>, DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    let owner = Role::Owner.as_str();
    match person.grants.iter().any(|grant| grant.role == owner) {
        true => last_owner(conn, &person.user),
        false => Ok(None),
    }
}

/// Keeps a person out: every session and short-lived token of theirs ends, and no personal
/// token of theirs works, from the next request on.
///
/// # Errors
/// The actor may not, there is no such person, or they are the last owner.
pub fn disable_user(
    conn: &mut Connection,
    actor: &Actor,
    id: i64,
    now: UtcTime,
) -> Result<(), DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    change(conn, |tx| {
        let user = users::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        if user.disabled_at.is_some() {
            let told = "This person was disabled already.";
            return Err(DomainError::Conflict(told.into()));
        }
        for grant in grants::of_user(tx.conn(), id)? {
            keep_an_owner(tx.conn(), &user, Some(&grant.role))?;
        }
        users::set_disabled(tx, id, Some(now))?;
        sessions::delete_of_user(tx, id, None)?;
        password_links::delete_of_user(tx, id)?;
        Ok(((), actor.entry("user.disabled", &user.email, now)))
    })
}

/// Lets a disabled person in again, with the password and roles they had.
///
/// # Errors
/// The actor may not, there is no such person, or they are not disabled.
pub fn enable_user(
    conn: &mut Connection,
    actor: &Actor,
    id: i64,
    now: UtcTime,
) -> Result<(), DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    change(conn, |tx| {
        let user = users::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        if user.disabled_at.is_none() {
            return Err(DomainError::Conflict("This person is not disabled.".into()));
        }
        users::set_disabled(tx, id, None)?;
        Ok(((), actor.entry("user.enabled", &user.email, now)))
    })
}

/// Ends every session and short-lived token of a person.
///
/// # Errors
/// The actor may not, or there is no such person.
pub fn end_sessions(
    conn: &mut Connection,
    actor: &Actor,
    id: i64,
    now: UtcTime,
) -> Result<(), DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    change(conn, |tx| {
        let user = users::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        let ended = sessions::delete_of_user(tx, id, None)?;
        users::raise_version(tx, id)?;
        let mut entry = actor.entry("user.sessions_ended", &user.email, now);
        entry.details.insert("sessions".into(), ended.into());
        Ok(((), entry))
    })
}
