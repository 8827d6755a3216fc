//! Find projects, as far as they exist for the actor.

use crate::access::{Action, Denial};
use crate::db::projects;
use crate::domain::{DomainError, Op};
use crate::records::Project;

/// The projects that exist for the actor, by name.
///
/// # Errors
/// The database fails.
pub fn list(op: &mut Op) -> Result<Vec<Project>, DomainError> {
    let mut known = projects::all(op.conn())?;
    known.retain(|project| op.actor().knows(project.id));
    Ok(known)
}

/// Every project, by name, for those who manage people: their grants may be on any.
///
/// # Errors
/// The actor may not.
pub fn all(op: &mut Op) -> Result<Vec<Project>, DomainError> {
    op.require_on_all(Action::ManageUsers)?;
    Ok(projects::all(op.conn())?)
}

/// The project with this slug; without one, the project that the actor's personal token is
/// bound to, else `default`.
///
/// # Errors
/// There is none, or none for this actor.
pub fn find_or_own(op: &mut Op, slug: Option<&str>) -> Result<Project, DomainError> {
    let bound = op.actor().token().and_then(|token| token.project_id);
    match (slug, bound) {
        (None, Some(id)) => projects::by_id(op.conn(), id)?.ok_or(DomainError::NotFound),
        (slug, _) => find(op, slug.unwrap_or("default")),
    }
}

/// The project with this slug.
///
/// # Errors
/// There is none, or none for this actor.
pub fn find(op: &mut Op, slug: &str) -> Result<Project, DomainError> {
    let project = projects::by_slug(op.conn(), slug)?.ok_or(DomainError::NotFound)?;
    match op.actor().knows(project.id) {
        true => Ok(project),
        false => Err(Denial {
            action: Action::SeeKeys,
            project_id: Some(project.id),
            hidden: true,
        }
        .into()),
    }
}
