//! Note in the audit log what somebody tried and may not do.

use crate::access::Denial;
use crate::db::{self, NewEntry};
use crate::domain::{DomainError, Op};

/// Writes a denial of this operation's actor into the audit log.
///
/// # Errors
/// The database fails.
pub fn deny(op: &mut Op, denial: Denial) -> Result<(), DomainError> {
    let entry = NewEntry::new(
        op.actor(),
        op.now(),
        "access.denied",
        denial.action.as_str(),
    )
    .in_project(denial.project_id);
    Ok(db::note(op.conn(), entry)?)
}
