//! The projects a person knows of.

use super::{Actor, DomainError};
use crate::db::AnyConnection;
use crate::db::projects::{self, Project};

/// The projects that exist for the actor, by name.
pub fn list_projects(conn: &mut AnyConnection, actor: &Actor) -> Result<Vec<Project>, DomainError> {
    let mut known = projects::all(conn)?;
    known.retain(|project| actor.knows(project.id));
    Ok(known)
}
