//! Read one key, and everything known about it.

use super::list_projects::find_project;
use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::db::audit::{self, AuditRow};
use crate::db::projects::Project;
use crate::db::{AnyConnection, keys};
use crate::key::Key;

/// How many entries of its history a key's page shows.
const HISTORY: i64 = 50;

/// The key `id` of `project`.
///
/// # Errors
/// The actor may not see it, or there is none.
pub fn read_key(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
    id: i64,
) -> Result<Key, DomainError> {
    policy::require(actor, Action::SeeKeys, Some(project.id))?;
    keys::by_id(conn, project.id, id)?.ok_or(DomainError::NotFound)
}

/// The key `id`, whichever project it belongs to, and that project.
///
/// # Errors
/// The actor may not see it, or there is none.
pub fn find_key(
    conn: &mut AnyConnection,
    actor: &Actor,
    id: i64,
) -> Result<(Project, Key), DomainError> {
    let project = keys::project_of(conn, id)?.ok_or(DomainError::NotFound)?;
    let project = find_project(conn, actor, &project.slug)?;
    let key = read_key(conn, actor, &project, id)?;
    Ok((project, key))
}

/// What happened to a key, newest first: its part of the audit log. `None` for those who may
/// not read that.
///
/// # Errors
/// The database fails.
pub fn history(
    conn: &mut AnyConnection,
    actor: &Actor,
    key: &Key,
) -> Result<Option<Vec<AuditRow>>, DomainError> {
    match actor.may(Action::ReadAudit, Some(key.project_id)) {
        true => Ok(Some(audit::of_key(conn, key.id, HISTORY)?)),
        false => Ok(None),
    }
}
