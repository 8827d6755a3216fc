//! Create the first owner.

use keyward_key::KeyDigest;

use crate::db::{Ending, setup_codes, users};
use crate::domain::passwords::Password;
use crate::domain::users::{check, write};
use crate::domain::{DomainError, Op};
use crate::records::Role;

/// Characters that can't be mistaken for one another (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 4;
const GROUP_CHARS: usize = 5;

/// Whether the instance has no owner yet.
///
/// # Errors
/// The database fails.
pub fn is_open(op: &mut Op) -> Result<bool, DomainError> {
    Ok(!users::any_owner(op.conn())?)
}

/// A new setup code, 100 random bits, to be printed once; `None` once there is an owner.
///
/// # Errors
/// The database or the random generator fails.
pub fn issue_code(op: &mut Op) -> Result<Option<String>, DomainError> {
    if !is_open(op)? {
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
    let now = op.now();
    op.unaudited(|tx| setup_codes::insert(tx, digest(&code).as_bytes(), now))?;
    Ok(Some(code))
}

/// Creates the first owner. Of any number of attempts at once, one succeeds.
///
/// # Errors
/// The code is wrong, fields are wrong, or an owner exists (`NotFound`).
pub fn set_up(
    op: &mut Op,
    code: &str,
    email: &str,
    password: &Password,
) -> Result<(), DomainError> {
    let actor = op.actor();
    let Some(permit) = setup_codes::permit_for(op.conn(), actor, digest(code).as_bytes())? else {
        return Err(match is_open(op)? {
            true => DomainError::field(
                "code",
                "This is not the code that Keyward printed when it started.",
            ),
            false => DomainError::NotFound,
        });
    };
    let (email, hash) = check(email, password)?;
    op.change(permit, |tx| {
        if users::any_owner(tx.conn())? {
            return Err(DomainError::NotFound);
        }
        let mut entry = write(tx, &email, &hash, Role::Owner, None)?;
        setup_codes::delete_all(tx)?;
        (entry.action, entry.actor) = ("instance.set_up", email);
        Ok(Ending::Done((), entry))
    })
}

/// The digest of a typed code, ignoring case, spaces and dashes.
fn digest(code: &str) -> KeyDigest {
    let typed: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    KeyDigest::of(&typed.to_ascii_uppercase())
}
