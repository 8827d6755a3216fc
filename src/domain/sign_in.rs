//! Sign in with email and password.

use super::actor::{Actor, Origin, Who};
use super::passwords::{self, NOBODYS_HASH, Password};
use super::{DomainError, text};
use crate::clock::UtcTime;
use crate::db::users::User;
use crate::db::{AnyConnection, audit, change, upkeep, users};

/// Checks email and password and gives back the person's id; `None` if they don't belong
/// together, there is no such person, or they were disabled. All of these take the same time
/// and leave an audit entry.
///
/// # Errors
/// The database fails.
pub fn sign_in(
    conn: &mut AnyConnection,
    origin: Origin,
    email: &str,
    password: &Password,
    now: UtcTime,
) -> Result<Option<i64>, DomainError> {
    let user = find(conn, email)?;
    let hash = user
        .as_ref()
        .map_or(NOBODYS_HASH, |user| &user.password_hash);
    let right = password.is(hash);
    // What was typed is not kept: it may be a password in the wrong field.
    let subject = user
        .as_ref()
        .map_or("an unknown email".into(), |user| user.email.clone());
    match user.filter(|user| right && user.disabled_at.is_none()) {
        Some(user) => {
            if passwords::is_outdated(&user.password_hash) {
                let hash = password.hash()?;
                upkeep(conn, |upkeep| {
                    users::rehash_password(upkeep, user.id, &hash)
                })?;
            }
            let who = Who::Person {
                id: user.id,
                email: user.email.clone(),
                grants: vec![],
            };
            let entry = Actor { who, origin }.entry("session.started", &user.email, now);
            change(conn, |_| Ok::<_, DomainError>((Some(user.id), entry)))
        }
        None => {
            let entry = Actor::nobody(origin).entry("session.refused", subject, now);
            change(conn, |_| Ok::<_, DomainError>((None, entry)))
        }
    }
}

/// Whether the person with this email signed in from this address before.
pub fn is_known_address(
    conn: &mut AnyConnection,
    email: &str,
    address: &str,
) -> Result<bool, DomainError> {
    match find(conn, email)? {
        Some(user) => Ok(audit::has_signed_in_from(conn, user.id, address)?),
        None => Ok(false),
    }
}

fn find(conn: &mut AnyConnection, email: &str) -> Result<Option<User>, DomainError> {
    match text::tidy_email(email) {
        Ok(email) => Ok(users::by_email(conn, &email)?),
        Err(_) => Ok(None),
    }
}
