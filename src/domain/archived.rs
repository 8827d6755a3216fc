//! The rule that an archived project takes no changes.

use super::DomainError;
use crate::db::{AnyConnection, projects};
use crate::records::Project;

/// Checks that a project is not archived.
///
/// # Errors
/// The project is archived.
pub(super) fn require_open(project: &Project) -> Result<(), DomainError> {
    match project.archived_at {
        None => Ok(()),
        Some(_) => Err(DomainError::Conflict(
            "This project is archived. Its keys no longer work, and it can’t be changed.".into(),
        )),
    }
}

/// Reads the project again, and checks that it is not archived. Called inside a change, where
/// nobody else can archive it.
///
/// # Errors
/// The project is archived.
pub(super) fn reread_open(
    conn: &mut AnyConnection,
    project: &Project,
) -> Result<Project, DomainError> {
    let present = projects::by_id(conn, project.id)?.ok_or(DomainError::NotFound)?;
    require_open(&present)?;
    Ok(present)
}
