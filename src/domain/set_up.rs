//! The first owner.

use super::create_user::{check, write};
use super::passwords::Password;
use super::policy::Role;
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::{AnyConnection, Connection, change, setup_codes, upkeep, users};
use crate::key::KeyDigest;

/// Characters that can't be taken for one another (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 4;
const GROUP_CHARS: usize = 5;

/// Whether the instance still waits for its first owner.
pub fn is_open(conn: &mut AnyConnection) -> Result<bool, DomainError> {
    Ok(!users::any_owner(conn)?)
}

/// A new setup code, 100 random bits, to be printed once; `None` once there is an owner.
///
/// # Errors
/// The database or the random generator fails.
pub fn issue_code(conn: &mut AnyConnection, now: UtcTime) -> Result<Option<String>, DomainError> {
    if !is_open(conn)? {
        return Ok(None);
    }
    let mut bytes = [0_u8; GROUPS * GROUP_CHARS];
    getrandom::fill(&mut bytes)?;
    let digits = bytes.map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    let groups: Vec<String> = digits
        .chunks(GROUP_CHARS)
        .map(|group| group.iter().collect())
        .collect();
    let code = groups.join("-");
    upkeep(conn, |upkeep| {
        setup_codes::insert(upkeep, digest(&code).as_bytes(), now)
    })?;
    Ok(Some(code))
}

/// Makes the first owner. Of any number of attempts at once, one succeeds.
///
/// # Errors
/// The code is wrong, fields are wrong, or there is an owner already (`NotFound`).
pub fn set_up(
    conn: &mut Connection,
    actor: &Actor,
    code: &str,
    email: &str,
    password: &Password,
    now: UtcTime,
) -> Result<(), DomainError> {
    if !is_open(conn)? {
        return Err(DomainError::NotFound);
    }
    if !setup_codes::is_known(conn, digest(code).as_bytes())? {
        let told = "This is not the code that Keyward printed when it started.";
        return Err(DomainError::field("code", told));
    }
    let (email, hash) = check(email, password)?;
    change(conn, |tx| {
        if users::any_owner(tx.conn())? {
            return Err(DomainError::NotFound);
        }
        let mut entry = write(tx, actor, &email, &hash, Role::Owner, None, now)?;
        setup_codes::delete_all(tx)?;
        (entry.action, entry.actor) = ("instance.set_up", email);
        Ok(((), entry))
    })
}

/// The digest of a code however it was typed: case, spaces and dashes don't count.
fn digest(code: &str) -> KeyDigest {
    let typed: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    KeyDigest::of(&typed.to_ascii_uppercase())
}
