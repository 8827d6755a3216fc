//! One's own account: the password and the sessions.

use super::passwords::Password;
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::sessions::{self, SessionRow};
use crate::db::users::{self, User};
use crate::db::{AnyConnection, Connection, change};

/// The person who acts, by a session or a short-lived token. A personal token is not the
/// person: it can't do what decides who they are.
///
/// # Errors
/// Nobody is signed in, or they come with a personal token.
pub fn own_user(conn: &mut AnyConnection, actor: &Actor) -> Result<User, DomainError> {
    if actor.token().is_some() {
        let told = "A personal token can't do this. Sign in.";
        return Err(DomainError::TokenCant(told));
    }
    let id = actor.id().ok_or(DomainError::NotFound)?;
    users::by_id(conn, id)?.ok_or(DomainError::NotFound)
}

/// Changes one's own password. Every session ends but the one with the digest `but`; its new
/// stamp (see [`User::stamp`]) is given back.
///
/// # Errors
/// The present password is another, or the new one is weak.
pub fn change_password(
    conn: &mut Connection,
    actor: &Actor,
    present: &Password,
    new: &Password,
    but: Option<&[u8]>,
    now: UtcTime,
) -> Result<String, DomainError> {
    let user = own_user(conn, actor)?;
    let mut errors = Vec::new();
    if !present.is(&user.password_hash) {
        let told = "This is not your present password.";
        errors.push(super::FieldError::new("present_password", told));
    }
    if let Err(told) = new.check(&user.email) {
        errors.push(super::FieldError::new("password", told));
    }
    if !errors.is_empty() {
        return Err(DomainError::Invalid(errors));
    }
    let hash = new.hash()?;
    change(conn, |tx| {
        users::set_password(tx, &user, &hash, now)?;
        sessions::delete_of_user(tx, user.id, but)?;
        let stamp = User {
            password_hash: hash,
            ..user
        }
        .stamp();
        let entry = actor.entry("user.password_changed", actor.name(), now);
        Ok((stamp, entry))
    })
}

/// One's own sessions, the latest first.
///
/// # Errors
/// As for [`own_user`].
pub fn list_sessions(
    conn: &mut AnyConnection,
    actor: &Actor,
) -> Result<Vec<SessionRow>, DomainError> {
    let user = own_user(conn, actor)?;
    Ok(sessions::of_user(conn, user.id)?)
}

/// Ends one of one's own sessions.
///
/// # Errors
/// As for [`own_user`], or there is no such session.
pub fn end_session(
    conn: &mut Connection,
    actor: &Actor,
    digest: &[u8],
    now: UtcTime,
) -> Result<(), DomainError> {
    let user = own_user(conn, actor)?;
    change(conn, |tx| {
        if !sessions::delete_one(tx, user.id, digest)? {
            return Err(DomainError::NotFound);
        }
        let entry = actor.entry("user.sessions_ended", actor.name(), now);
        Ok(((), entry))
    })
}

/// Ends all of one's own sessions but the one with the digest `but`, and every short-lived
/// token.
///
/// # Errors
/// As for [`own_user`].
pub fn end_other_sessions(
    conn: &mut Connection,
    actor: &Actor,
    but: Option<&[u8]>,
    now: UtcTime,
) -> Result<(), DomainError> {
    let user = own_user(conn, actor)?;
    change(conn, |tx| {
        let ended = sessions::delete_of_user(tx, user.id, but)?;
        users::raise_version(tx, user.id)?;
        let mut entry = actor.entry("user.sessions_ended", actor.name(), now);
        entry.details.insert("sessions".into(), ended.into());
        Ok(((), entry))
    })
}
