//! Sign in with email and password.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::access::{Actor, Who};
use crate::db::{AnyConnection, NewEntry, audit_log, users};
use crate::domain::actors::Recognised;
use crate::domain::passwords::{self, Fit, NOBODYS_HASH, Password};
use crate::domain::{DomainError, Op, text};
use crate::records::User;

/// How many of a person's sign-ins count as recent.
const LATELY: i64 = 100;

/// Whether anybody can sign in at all.
///
/// # Errors
/// The database fails.
pub fn is_possible(op: &mut Op) -> Result<bool, DomainError> {
    Ok(users::any(op.conn())?)
}

/// Checks an email and password, and returns the person; `None` if the two don't match, there is no
/// such person, or they were disabled. All of these take the same time and leave an audit entry.
///
/// # Errors
/// The database fails.
pub fn sign_in(
    op: &mut Op,
    email: &str,
    password: &Password,
) -> Result<Option<Recognised>, DomainError> {
    let user = find(op.conn(), email)?;
    let hash = user
        .as_ref()
        .map_or(NOBODYS_HASH, |user| &user.password_hash);
    let fit = password.fit(hash);
    // What was typed is not kept: it may be a password in the wrong field.
    let subject = user
        .as_ref()
        .map_or("an unknown email".into(), |user| user.email.clone());
    let Some(mut user) = user.filter(|user| fit != Fit::No && user.disabled_at.is_none()) else {
        let entry = NewEntry::new(op.actor(), op.now(), "session.refused", subject);
        op.note_refusal(entry)?;
        return Ok(None);
    };
    if fit == Fit::AsTyped || passwords::is_outdated(&user.password_hash) {
        let hash = password.hash()?;
        op.unaudited(|tx| users::rehash_password(tx, &user, &hash))?;
        user.password_hash = hash;
    }
    let recognised = Recognised {
        id: user.id,
        stamp: user.stamp(),
        version: user.version,
    };
    let actor = Actor {
        who: Who::Person {
            id: user.id,
            email: user.email.clone(),
            grants: vec![],
            token: None,
        },
        origin: op.actor().origin.clone(),
    };
    let entry = NewEntry::new(&actor, op.now(), "session.started", user.email);
    op.note(entry)?;
    Ok(Some(recognised))
}

/// Whether the person with this email recently signed in from this network.
///
/// # Errors
/// The database fails.
pub fn is_known_network(op: &mut Op, email: &str, network: IpNet) -> Result<bool, DomainError> {
    let Some(user) = find(op.conn(), email)? else {
        return Ok(false);
    };
    let addresses = audit_log::sign_in_addresses(op.conn(), &user.email, LATELY)?;
    let mut addresses = addresses
        .iter()
        .filter_map(|address| address.parse::<IpAddr>().ok());
    Ok(addresses.any(|address| network.contains(&address)))
}

fn find(conn: &mut AnyConnection, email: &str) -> Result<Option<User>, DomainError> {
    match text::tidy_email(email) {
        Ok(email) => Ok(users::by_email(conn, &email)?),
        Err(_) => Ok(None),
    }
}
