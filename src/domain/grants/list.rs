//! List who has which role on a project.

use super::place::allow;
use crate::db::{grants, users};
use crate::domain::{DomainError, Op, text};
use crate::records::{Grant, Project, User};

/// A grant, and the email of the person who has it.
pub type Given = (Grant, String);

/// The grants that apply to a project, each list sorted by email.
#[derive(Clone, Debug)]
pub struct Reaching {
    /// Those on the project itself.
    pub on_it: Vec<Given>,
    /// Those on all projects.
    pub on_all: Vec<Given>,
}

/// The grants on `project` or, without one, those on all projects, sorted by email.
///
/// # Errors
/// The actor may not manage the project or, without one, people.
pub fn list(op: &mut Op, project: Option<&Project>) -> Result<Vec<Given>, DomainError> {
    allow(op, project)?;
    Ok(grants::on(op.conn(), project.map(|project| project.id))?)
}

/// The grants on `project` and those on all projects, for people who manage the project.
///
/// # Errors
/// The actor is not allowed to.
pub fn list_reaching(op: &mut Op, project: &Project) -> Result<Reaching, DomainError> {
    allow(op, Some(project))?;
    Ok(Reaching {
        on_it: grants::on(op.conn(), Some(project.id))?,
        on_all: grants::on(op.conn(), None)?,
    })
}

/// The person with this email, to give them a role on `project`, or on all projects.
///
/// # Errors
/// The actor is not allowed to, or there is no such person.
pub fn find_person(
    op: &mut Op,
    project: Option<&Project>,
    email: &str,
) -> Result<User, DomainError> {
    allow(op, project)?;
    let email = text::tidy_email(email).map_err(|detail| DomainError::field("email", detail))?;
    users::by_email(op.conn(), &email)?.ok_or_else(|| {
        let detail = format!("Nobody has the email {email}. An owner can invite them.");
        DomainError::field("email", detail)
    })
}
