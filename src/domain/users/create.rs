//! Add a person with a password and a role.

use super::new_person::{check, write};
use crate::access::Action;
use crate::db::{Ending, projects, setup_codes};
use crate::domain::passwords::Password;
use crate::domain::{DomainError, Op};
use crate::records::Role;

/// A person to add.
#[derive(Debug)]
pub struct NewPerson {
    /// Their email.
    pub email: String,
    /// Their password, as typed.
    pub password: Password,
    /// The role they are given.
    pub role: Role,
    /// The slug of the only project the role is for; `None` for all.
    pub project: Option<String>,
}

/// Adds a person.
///
/// # Errors
/// The actor is not allowed to, fields are wrong, or the email is taken.
pub fn create(op: &mut Op, new: &NewPerson) -> Result<(), DomainError> {
    let permit = op.require_on_all(Action::ManageUsers)?;
    let project_id = match &new.project {
        Some(_) if new.role == Role::Owner => {
            return Err(DomainError::field(
                "project",
                "Owners are always on all projects.",
            ));
        }
        Some(slug) => {
            let project = projects::by_slug(op.conn(), slug)?
                .ok_or_else(|| DomainError::field("project", format!("There is no {slug}.")))?;
            Some(project.id)
        }
        None => None,
    };
    let (email, hash) = check(&new.email, &new.password)?;
    op.change(permit, |tx| {
        let entry = write(tx, &email, &hash, new.role, project_id)?;
        if new.role == Role::Owner {
            setup_codes::delete_all(tx)?;
        }
        Ok(Ending::Done((), entry))
    })
}
