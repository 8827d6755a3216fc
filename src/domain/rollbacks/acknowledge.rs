//! Acknowledge that the database lost its last changes.

use crate::access::Action;
use crate::db::{Ending, rollbacks};
use crate::domain::{DomainError, Op};

/// Takes the loss that the audit entry `entry` tells of off the overview.
///
/// # Errors
/// The actor is not allowed to, there is no such loss, or somebody acknowledged it before.
pub fn acknowledge(op: &mut Op, entry: i64) -> Result<(), DomainError> {
    let permit = op.require_on_all(Action::ManageProjects)?;
    op.change(permit, |tx| {
        let record = rollbacks::by_entry(tx.conn(), entry)?.ok_or(DomainError::NotFound)?;
        if let Some(by) = &record.acknowledged_by {
            let message = format!("This was already acknowledged by {by}.");
            return Err(DomainError::Conflict(message));
        }
        rollbacks::acknowledge(tx, entry)?;
        let done = tx.entry("rollback.acknowledged", record.entries());
        Ok(Ending::Done((), done.with("entry", entry)))
    })
}
