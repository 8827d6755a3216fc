//! Find the projects that the actor may know of.

use crate::access::{Action, Denial};
use crate::db::projects;
use crate::domain::{DomainError, Op};
use crate::records::Project;

/// The projects that the actor may know of, sorted by name.
///
/// # Errors
/// The database fails.
pub fn list(op: &mut Op) -> Result<Vec<Project>, DomainError> {
    let mut known = projects::all(op.conn())?;
    known.retain(|project| op.actor().knows(project.id));
    Ok(known)
}

/// Every project, sorted by name, for those who manage people: grants can be on any project.
///
/// # Errors
/// The actor is not allowed to.
pub fn all(op: &mut Op) -> Result<Vec<Project>, DomainError> {
    op.allow_on_all(Action::ManageUsers)?;
    Ok(projects::all(op.conn())?)
}

/// The project with this slug; without one, the project that the actor's personal token is
/// bound to, else `default`.
///
/// # Errors
/// It does not exist, or the actor may not know of it.
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
/// It does not exist, or the actor may not know of it.
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
