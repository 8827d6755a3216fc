//! The two fields of a grant, a role and a project, wherever a form has them.

use crate::domain::FieldError;
use crate::records::{Project, Role};

/// The option for all projects, which no slug looks like.
pub const ALL_PROJECTS: &str = "*";
const NOT_ON_OFFER: &str = "Choose one of these.";

/// Reads both fields.
///
/// # Errors
/// Whatever is wrong with them, or that they don't go together.
pub fn read_grant(
    known: &[Project],
    role: &str,
    project: &str,
) -> Result<(Role, Option<Project>), Vec<FieldError>> {
    match (read_role(role), read_place(known, project)) {
        (Ok(Role::Owner), Ok(Some(_))) => {
            let detail = "Choose All projects for an owner.";
            Err(vec![FieldError::new("project", detail)])
        }
        (Ok(role), Ok(place)) => Ok((role, place)),
        (role, place) => Err([role.err(), place.err()].into_iter().flatten().collect()),
    }
}

/// Reads the field of the role.
///
/// # Errors
/// There is no such role.
pub fn read_role(text: &str) -> Result<Role, FieldError> {
    text.parse()
        .map_err(|_| FieldError::new("role", NOT_ON_OFFER))
}

/// Reads the project's field, a slug or [`ALL_PROJECTS`].
///
/// # Errors
/// There is no such project among `known`, or none was chosen.
pub fn read_place(known: &[Project], text: &str) -> Result<Option<Project>, FieldError> {
    if text == ALL_PROJECTS {
        return Ok(None);
    }
    let found = known.iter().find(|project| project.slug == text);
    let found = found.ok_or_else(|| FieldError::new("project", NOT_ON_OFFER))?;
    Ok(Some(found.clone()))
}

/// The roles that can be given on one project: an owner is always on all.
pub fn project_roles() -> Vec<Role> {
    let on_one = |role: &Role| *role != Role::Owner;
    Role::ALL.iter().copied().filter(on_one).collect()
}
