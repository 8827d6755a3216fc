//! Record denied attempts in the audit log.

use crate::access::Denial;
use crate::db::NewEntry;
use crate::domain::{DomainError, Op};

/// Records in the audit log what this operation's actor was denied. Repeats are folded.
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
    op.note_refusal(entry)
}
