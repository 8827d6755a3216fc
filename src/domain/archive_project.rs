//! Archive a project: its keys stop, for good.

use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::key_list::{self, KeyFilter};
use crate::db::projects::{self, Project};
use crate::db::{AnyConnection, Connection, change, instances};

/// Lets nothing new begin in a project that is archived.
///
/// # Errors
/// It is.
pub fn require_open(project: &Project) -> Result<(), DomainError> {
    match project.archived_at {
        None => Ok(()),
        Some(_) => Err(DomainError::Conflict(
            "This project is archived: none of its keys works any more, and it takes no changes."
                .into(),
        )),
    }
}

/// The project as it is now, unless it is archived. Asked inside a change, where nobody can come
/// between.
///
/// # Errors
/// It is archived.
pub(super) fn present(conn: &mut AnyConnection, project: &Project) -> Result<Project, DomainError> {
    let present = projects::by_id(conn, project.id)?.ok_or(DomainError::NotFound)?;
    require_open(&present)?;
    Ok(present)
}

/// How many keys stop when the project is archived: those that work now, counted up to
/// [`key_list::COUNTED`].
///
/// # Errors
/// The actor may not archive it.
pub fn keys_to_stop(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
    now: UtcTime,
) -> Result<i64, DomainError> {
    policy::require(actor, Action::ManageProjects, None)?;
    let filter = KeyFilter {
        project_id: project.id,
        only_working: true,
        ..KeyFilter::default()
    };
    let count = key_list::count(conn, &filter, now)?;
    Ok(count)
}

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
        entry.details.insert("keys".into(), after.key_count.into());
        Ok((after, entry))
    });
    if let Err(DomainError::Conflict(_)) = &archived {
        // Whoever archived it may have been cut off before every instance knew.
        instances::settle_committed(conn)?;
    }
    archived
}
