//! Sign out.

use crate::domain::{DomainError, Op};

/// Records in the audit log that a person ended their session.
///
/// # Errors
/// The database fails.
pub fn sign_out(op: &mut Op) -> Result<(), DomainError> {
    op.note("session.ended", op.actor().name())
}
