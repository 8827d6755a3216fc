//! The projects a person knows of.

use super::error::Denial;
use super::policy::Action;
use super::{Actor, DomainError};
use crate::db::AnyConnection;
use crate::db::projects::{self, Project};

/// The projects that exist for the actor, by name.
///
/// # Errors
/// The database fails.
pub fn list_projects(conn: &mut AnyConnection, actor: &Actor) -> Result<Vec<Project>, DomainError> {
    let mut known = projects::all(conn)?;
    known.retain(|project| actor.knows(project.id));
    Ok(known)
}

/// The project with this slug; without one, the project that the actor's personal token is
/// bound to, else `default`.
///
/// # Errors
/// There is none, or none for this actor.
pub fn find_project_or_own(
    conn: &mut AnyConnection,
    actor: &Actor,
    slug: Option<&str>,
) -> Result<Project, DomainError> {
    let bound = actor.token().and_then(|token| token.project_id);
    match (slug, bound) {
        (None, Some(id)) => projects::by_id(conn, id)?.ok_or(DomainError::NotFound),
        (slug, _) => find_project(conn, actor, slug.unwrap_or("default")),
    }
}

/// The project with this slug.
///
/// # Errors
/// There is none, or none for this actor.
pub fn find_project(
    conn: &mut AnyConnection,
    actor: &Actor,
    slug: &str,
) -> Result<Project, DomainError> {
    let project = projects::by_slug(conn, slug)?.ok_or(DomainError::NotFound)?;
    match actor.knows(project.id) {
        true => Ok(project),
        false => {
            let project_id = Some(project.id);
            Err(Denial {
                action: Action::SeeKeys,
                project_id,
                hidden: true,
            }
            .into())
        }
    }
}
