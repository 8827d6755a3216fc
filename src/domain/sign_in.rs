//! Sign in with email and password.

use std::net::IpAddr;

use ipnet::IpNet;

use super::actor::{Actor, Origin, Proof, Who};
use super::passwords::{self, NOBODYS_HASH, Password};
use super::{DomainError, text};
use crate::clock::UtcTime;
use crate::db::users::User;
use crate::db::{AnyConnection, Connection, audit, change, upkeep, users};

/// How many sign-ins back an address is remembered.
const LATELY: i64 = 100;

/// A person whose password was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    pub id: i64,
    /// Of the password that was right; see [`User::stamp`].
    pub stamp: String,
    /// See [`User::version`].
    pub version: i64,
}

/// Whether anybody can sign in at all.
///
/// # Errors
/// The database fails.
pub fn is_possible(conn: &mut AnyConnection) -> Result<bool, DomainError> {
    Ok(users::any(conn)?)
}

/// Checks email and password and gives back who it is; `None` if they don't belong
/// together, there is no such person, or they were disabled. All of these take the same time
/// and leave an audit entry.
///
/// # Errors
/// The database fails.
pub fn sign_in(
    conn: &mut Connection,
    origin: Origin,
    email: &str,
    password: &Password,
    now: UtcTime,
) -> Result<Option<Recognised>, DomainError> {
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
        Some(mut user) => {
            if passwords::is_outdated(&user.password_hash) {
                let hash = password.hash()?;
                upkeep(conn, |upkeep| users::rehash_password(upkeep, &user, &hash))?;
                user.password_hash = hash;
            }
            let recognised = Recognised {
                id: user.id,
                stamp: user.stamp(),
                version: user.version,
            };
            let who = Who::Person {
                id: user.id,
                email: user.email.clone(),
                grants: vec![],
                token: None,
                proof: Proof::Session {
                    stamp: recognised.stamp.clone(),
                },
            };
            let entry = Actor { who, origin }.entry("session.started", &user.email, now);
            change(conn, |_| Ok::<_, DomainError>((Some(recognised), entry)))
        }
        None => {
            let entry = Actor::nobody(origin).entry("session.refused", subject, now);
            change(conn, |_| Ok::<_, DomainError>((None, entry)))
        }
    }
}

/// Whether the person with this email signed in from this network lately.
///
/// # Errors
/// The database fails.
pub fn is_known_network(
    conn: &mut AnyConnection,
    email: &str,
    network: IpNet,
) -> Result<bool, DomainError> {
    let Some(user) = find(conn, email)? else {
        return Ok(false);
    };
    let addresses = audit::sign_in_addresses(conn, user.id, LATELY)?;
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
