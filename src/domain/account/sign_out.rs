//! Sign out.

use crate::db::NewEntry;
use crate::domain::{DomainError, Op};

/// Records in the audit log that a person ended their session.
///
/// # Errors
/// The database fails.
pub fn sign_out(op: &mut Op) -> Result<(), DomainError> {
    let actor = op.actor();
    op.note(NewEntry::new(
        actor,
        op.now(),
        "session.ended",
        actor.name(),
    ))
}
