//! Sign out.

use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::{Connection, change};

/// Notes in the audit log that a person ended their session.
///
/// # Errors
/// The database fails.
pub fn sign_out(conn: &mut Connection, actor: &Actor, now: UtcTime) -> Result<(), DomainError> {
    change(conn, |_| {
        Ok(((), actor.entry("session.ended", actor.name(), now)))
    })
}
