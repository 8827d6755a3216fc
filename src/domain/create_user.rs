//! Add a person with a role.

use super::passwords::Password;
use super::policy::{self, Action, Role};
use super::{Actor, DomainError, FieldError, text};
use crate::clock::UtcTime;
use crate::db::audit::AuditEntry;
use crate::db::{Connection, Tx, change, grants, projects, setup_codes, users};

/// A person to add.
#[derive(Debug)]
pub struct NewPerson {
    pub email: String,
    pub password: Password,
    pub role: Role,
    /// The slug of the one project the role is for; without one it is for all.
    pub project: Option<String>,
}

/// Adds a person.
///
/// # Errors
/// The actor may not, fields are wrong, or the email is taken.
pub fn create_user(
    conn: &mut Connection,
    actor: &Actor,
    new: &NewPerson,
    now: UtcTime,
) -> Result<(), DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    let project_id = match &new.project {
        Some(_) if new.role == Role::Owner => {
            return Err(DomainError::field(
                "project",
                "An owner is always on all projects.",
            ));
        }
        Some(slug) => {
            let project = projects::by_slug(conn, slug)?
                .ok_or_else(|| DomainError::field("project", format!("There is no {slug}.")))?;
            Some(project.id)
        }
        None => None,
    };
    let (email, hash) = check(&new.email, &new.password)?;
    change(conn, |tx| {
        let entry = write(tx, actor, &email, &hash, new.role, project_id, now)?;
        if new.role == Role::Owner {
            setup_codes::delete_all(tx)?;
        }
        Ok(((), entry))
    })
}

/// The tidied email and the hash of the password.
///
/// # Errors
/// Every field that is wrong.
pub(super) fn check(email: &str, password: &Password) -> Result<(String, String), DomainError> {
    let tidied = text::tidy_email(email);
    let mut errors = Vec::new();
    if let Err(detail) = &tidied {
        errors.push(FieldError::new("email", *detail));
    }
    if let Err(detail) = password.check(tidied.as_deref().unwrap_or_default()) {
        errors.push(FieldError::new("password", detail));
    }
    match tidied {
        Ok(email) if errors.is_empty() => Ok((email, password.hash()?)),
        _ => Err(DomainError::Invalid(errors)),
    }
}

/// Writes a person and their grant, and the entry that says so.
pub(super) fn write(
    tx: &mut Tx,
    actor: &Actor,
    email: &str,
    hash: &str,
    role: Role,
    project_id: Option<i64>,
    now: UtcTime,
) -> Result<AuditEntry, DomainError> {
    if users::by_email(tx.conn(), email)?.is_some() {
        return Err(DomainError::field(
            "email",
            "Somebody has this email already.",
        ));
    }
    let id = users::insert(tx, email, hash, Some(now), now)?;
    grants::put(tx, id, role.as_str(), project_id, actor.name(), now)?;
    let mut entry = actor.entry("user.created", email, now);
    entry.project_id = project_id;
    entry.details.insert("role".into(), role.as_str().into());
    Ok(entry)
}
