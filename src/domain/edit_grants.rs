//! Give roles to people, and take them away.

use super::policy::{self, Action, Role};
use super::precondition::Precondition;
use super::{Actor, DomainError, text};
use crate::clock::UtcTime;
use crate::db::audit::AuditEntry;
use crate::db::grants::{self, GrantRow};
use crate::db::projects::Project;
use crate::db::users::{self, User};
use crate::db::{AnyConnection, Connection, Tx, change};

/// A grant, and whose it is.
pub type Given = (GrantRow, String);

/// The grants that reach a project, each list by email.
#[derive(Clone, Debug)]
pub struct Reaching {
    /// Those on the project itself.
    pub on_it: Vec<Given>,
    /// Those on all projects.
    pub on_all: Vec<Given>,
}

/// The grants on `project`, or, without one, those on all projects, by email.
///
/// # Errors
/// The actor may not manage the project or, without one, people.
pub fn list_grants(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: Option<&Project>,
) -> Result<Vec<Given>, DomainError> {
    require(actor, project)?;
    Ok(grants::on(conn, project.map(|project| project.id))?)
}

/// The grants on `project` and those on all projects, for those who manage the project.
///
/// # Errors
/// The actor may not.
pub fn list_reaching(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
) -> Result<Reaching, DomainError> {
    require(actor, Some(project))?;
    Ok(Reaching {
        on_it: grants::on(conn, Some(project.id))?,
        on_all: grants::on(conn, None)?,
    })
}

/// The person with this email, to be given a role on `project`, or on all.
///
/// # Errors
/// The actor may not, or there is no such person.
pub fn find_person(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: Option<&Project>,
    email: &str,
) -> Result<User, DomainError> {
    require(actor, project)?;
    let email = text::tidy_email(email).map_err(|told| DomainError::field("email", told))?;
    users::by_email(conn, &email)?.ok_or_else(|| {
        let told = format!("Nobody here has the email {email}. An owner can invite them.");
        DomainError::field("email", told)
    })
}

/// Whom a grant is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    Id(i64),
    Email(String),
}

/// Gives a person a role on `project`, or on all, in place of the one they have there. It holds from their next request on. Tells whether they had none there before.
///
/// # Errors
/// The actor may not, there is no such person, the role does not exist there, what they have is
/// not `still` as expected, or the last owner would be gone.
pub fn put_grant(
    conn: &mut Connection,
    actor: &Actor,
    project: Option<&Project>,
    whom: &Whom,
    role: Role,
    still: &Precondition<GrantRow>,
    now: UtcTime,
) -> Result<bool, DomainError> {
    require(actor, project)?;
    let place = project.map(|project| project.id);
    if role == Role::Owner && place.is_some() {
        let told = "An owner is always on all projects.";
        return Err(DomainError::field("role", told));
    }
    policy::require_to_give(actor, role, place)?;
    change(conn, |tx| {
        let (user, before) = present(tx, actor, whom, place)?;
        still.check(before.as_ref())?;
        let was = before.as_ref().map(|before| before.role.clone());
        if was.as_deref() != Some(role.as_str()) {
            keep_an_owner(tx.conn(), &user, was.as_deref())?;
            grants::put(tx, user.id, role.as_str(), place, actor.name(), now)?;
            users::raise_version(tx, user.id)?;
        }
        let mut entry = entry(actor, "grant.given", &user, project, now);
        entry.details.insert("role".into(), role.as_str().into());
        entry.details.insert("was".into(), was.clone().into());
        Ok((was.is_none(), entry))
    })
}

/// Takes away the role that a person has on `project`, or on all.
///
/// # Errors
/// The actor may not, they have none there or not `still` the expected one, or the last owner
/// would be gone.
pub fn delete_grant(
    conn: &mut Connection,
    actor: &Actor,
    project: Option<&Project>,
    whom: &Whom,
    still: &Precondition<GrantRow>,
    now: UtcTime,
) -> Result<(), DomainError> {
    require(actor, project)?;
    let place = project.map(|project| project.id);
    change(conn, |tx| {
        let (user, before) = present(tx, actor, whom, place)?;
        let before = before.ok_or(DomainError::NotFound)?;
        still.check(Some(&before))?;
        keep_an_owner(tx.conn(), &user, Some(&before.role))?;
        grants::delete(tx, user.id, place)?;
        users::raise_version(tx, user.id)?;
        let mut entry = entry(actor, "grant.taken", &user, project, now);
        entry.details.insert("role".into(), before.role.into());
        Ok(((), entry))
    })
}

/// Lets an owner lose the role only while another one can sign in.
///
/// # Errors
/// They are the last one.
pub(super) fn keep_an_owner(
    conn: &mut AnyConnection,
    user: &User,
    role: Option<&str>,
) -> Result<(), DomainError> {
    match role == Some(Role::Owner.as_str()) {
        true => last_owner(conn, user)?.map_or(Ok(()), |told| Err(DomainError::Conflict(told))),
        false => Ok(()),
    }
}

/// Why an owner has to stay one, if they have to.
pub(super) fn last_owner(
    conn: &mut AnyConnection,
    user: &User,
) -> Result<Option<String>, DomainError> {
    let is_last = users::other_owners(conn, user.id)? == 0;
    Ok(is_last.then(|| {
        format!(
            "{} is the last owner who can sign in. Make somebody else an owner first.",
            user.email
        )
    }))
}

fn require(actor: &Actor, project: Option<&Project>) -> Result<(), DomainError> {
    match project {
        Some(project) => policy::require(actor, Action::ManageProject, Some(project.id))?,
        None => policy::require(actor, Action::ManageUsers, None)?,
    }
    Ok(())
}

fn present(
    tx: &mut Tx,
    actor: &Actor,
    whom: &Whom,
    place: Option<i64>,
) -> Result<(User, Option<GrantRow>), DomainError> {
    let user = match whom {
        Whom::Id(id) => users::by_id(tx.conn(), *id)?,
        Whom::Email(email) => {
            let email = text::tidy_email(email).map_err(|_| DomainError::NotFound)?;
            users::by_email(tx.conn(), &email)?
        }
    };
    let user = user.ok_or(DomainError::NotFound)?;
    let all = grants::of_user(tx.conn(), user.id)?;
    let before = all.into_iter().find(|row| row.project_id == place);
    // Numbers tell nobody whose they are: whoever doesn't manage people has to know the email.
    let is_known =
        matches!(whom, Whom::Email(_)) || before.is_some() || actor.may(Action::ManageUsers, None);
    match is_known {
        true => Ok((user, before)),
        false => Err(DomainError::NotFound),
    }
}

fn entry(
    actor: &Actor,
    action: &'static str,
    user: &User,
    project: Option<&Project>,
    now: UtcTime,
) -> AuditEntry {
    let mut entry = actor.entry(action, &user.email, now);
    entry.project_id = project.map(|project| project.id);
    entry
}
