//! Archive a project: its keys stop, for good.

use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::projects::{self, Project};
use crate::db::{Connection, change, instances};

/// Archives a project. `name` has to be the project's, so that nobody ends the wrong one. When
/// this returns, the next request with any of its keys fails.
///
/// # Errors
/// The actor may not, the name is another, or it was archived before.
pub fn archive_project(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    name: &str,
    now: UtcTime,
) -> Result<Project, DomainError> {
    policy::require(actor, Action::ManageProjects, None)?;
    let archived = change(conn, |tx| {
        let before = projects::by_id(tx.conn(), project.id)?.ok_or(DomainError::NotFound)?;
        if let Some(by) = &before.archived_by {
            let told = format!("This project was archived already, by {by}.");
            return Err(DomainError::Conflict(told));
        }
        if name.trim() != before.name {
            let told = format!("Write the project's name, {}.", before.name);
            return Err(DomainError::field("name", told));
        }
        projects::archive(tx, project.id, actor.name(), now)?;
        let after = projects::by_id(tx.conn(), project.id)?.ok_or(DomainError::NotFound)?;
        let mut entry = actor.project_entry("project.archived", &after, now);
        entry
            .details
            .insert("keys".into(), after.key_count.into());
        Ok((after, entry))
    });
    if let Err(DomainError::Conflict(_)) = &archived {
        // Whoever archived it may have been cut off before every instance knew.
        instances::settle_committed(conn)?;
    }
    archived
}
