//! Invite a person, who chooses their own password.

use super::link::{PasswordLink, new_code, store};
use super::new_person::require_free;
use crate::access::Action;
use crate::db::{Ending, grants, projects, users};
use crate::domain::passwords::NOBODYS_HASH;
use crate::domain::{DomainError, FieldError, Op, idempotency, text};
use crate::json::UserJson;
use crate::records::{Person, Role};

/// Adds a person who has yet to choose a password, with a role on the project with this slug, or on
/// all projects. Returns the link to hand to them.
///
/// # Errors
/// The actor is not allowed to, fields are wrong, or the email is taken.
pub fn invite(
    op: &mut Op,
    email: &str,
    role: Role,
    project: Option<&str>,
) -> Result<(PasswordLink, Person), DomainError> {
    let permit = op.require_on_all(Action::ManageUsers)?;
    let tidied = text::tidy_email(email);
    let mut errors = Vec::new();
    if let Err(detail) = &tidied {
        errors.push(FieldError::new("email", *detail));
    }
    let project_id = match project {
        Some(_) if role == Role::Owner => {
            let detail = "Owners are always on all projects.";
            errors.push(FieldError::new("project", detail));
            None
        }
        Some(slug) => match projects::by_slug(op.conn(), slug)? {
            Some(project) => Some(project.id),
            None => {
                let detail = format!("There is no project {slug}.");
                errors.push(FieldError::new("project", detail));
                None
            }
        },
        None => None,
    };
    let email = match tidied {
        Ok(email) if errors.is_empty() => email,
        _ => return Err(DomainError::Invalid(errors)),
    };
    op.allow_to_give(role, project_id)?;
    let call = op.call();
    let code = new_code()?;
    op.change(permit, |tx| {
        require_free(tx, &email)?;
        let user_id = users::insert(tx, &email, NOBODYS_HASH, None)?;
        grants::put(tx, user_id, role, project_id)?;
        let link = store(tx, user_id, &email, code)?;
        let person = Person {
            user: users::by_id(tx.conn(), user_id)?.ok_or(DomainError::NotFound)?,
            grants: grants::of_user(tx.conn(), user_id)?,
        };
        let all = projects::all(tx.conn())?;
        let record = UserJson::new(&person, &all);
        idempotency::remember(tx, call.as_ref(), &record)?;
        let entry = tx
            .entry("user.invited", &email)
            .in_project(project_id)
            .with("role", role.as_str());
        Ok(Ending::Done((link, person), entry))
    })
}
