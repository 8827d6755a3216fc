//! Whether nobody answers for a key any more.

use crate::access::Action;
use crate::db::users;
use crate::domain::{DomainError, Op};
use crate::records::{Key, Project};

/// Whether the owner of `key` was disabled, or has no role in `project`, its project, any more.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn is_orphaned(op: &mut Op, project: &Project, key: &Key) -> Result<bool, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let Some(owner) = &key.owner else {
        return Ok(false);
    };
    Ok(!users::answerable(op.conn(), project.id)?.contains(owner))
}
