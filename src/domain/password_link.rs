//! One-time links with which a person chooses a password: nobody else ever knows it.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use time::Duration;
use zeroize::Zeroizing;

use super::manage_users::Person;
use super::passwords::{NOBODYS_HASH, Password};
use super::policy::{self, Action, Role};
use super::{Actor, DomainError, text};
use crate::clock::UtcTime;
use crate::db::users::{self, User};
use crate::db::{
    AnyConnection, Connection, Tx, change, grants, password_links, projects, sessions, setup_codes,
};
use crate::key::KeyDigest;

/// How long a link works.
pub const LINK_TIME: Duration = Duration::hours(24);

/// A link that was just made, to be handed to the person.
pub struct PasswordLink {
    pub user_id: i64,
    pub email: String,
    /// The secret part of the link, shown once.
    pub code: Zeroizing<String>,
    pub expires_at: UtcTime,
}

impl PasswordLink {
    /// The path of the page where the password is chosen.
    pub fn path(&self) -> String {
        format!("/password?code={}", *self.code)
    }
}

/// Adds a person who has yet to choose a password, with a role on one project, by its slug, or
/// on all, and gives back the link to hand to them.
///
/// # Errors
/// The actor may not, fields are wrong, or the email is taken.
pub fn invite(
    conn: &mut Connection,
    actor: &Actor,
    email: &str,
    role: Role,
    project: Option<&str>,
    now: UtcTime,
) -> Result<(PasswordLink, Person), DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    let tidied = text::tidy_email(email);
    let mut errors = Vec::new();
    if let Err(detail) = &tidied {
        errors.push(super::FieldError::new("email", *detail));
    }
    let project_id = match project {
        Some(_) if role == Role::Owner => {
            let told = "An owner is always on all projects.";
            errors.push(super::FieldError::new("project", told));
            None
        }
        Some(slug) => match projects::by_slug(conn, slug)? {
            Some(project) => Some(project.id),
            None => {
                let told = format!("There is no project {slug}.");
                errors.push(super::FieldError::new("project", told));
                None
            }
        },
        None => None,
    };
    let email = match tidied {
        Ok(email) if errors.is_empty() => email,
        _ => return Err(DomainError::Invalid(errors)),
    };
    policy::require_to_give(actor, role, project_id)?;
    let code = new_code()?;
    change(conn, |tx| {
        if users::by_email(tx.conn(), &email)?.is_some() {
            let told = "Somebody has this email already.";
            return Err(DomainError::field("email", told));
        }
        let user_id = users::insert(tx, &email, NOBODYS_HASH, None, now)?;
        grants::put(tx, user_id, role.as_str(), project_id, actor.name(), now)?;
        let link = lay_down(tx, user_id, &email, code, now)?;
        let person = Person {
            user: users::by_id(tx.conn(), user_id)?.ok_or(DomainError::NotFound)?,
            grants: grants::of_user(tx.conn(), user_id)?,
        };
        let mut entry = actor.entry("user.invited", &email, now);
        entry.project_id = project_id;
        entry.details.insert("role".into(), role.as_str().into());
        Ok(((link, person), entry))
    })
}

/// A new link for a person who forgot their password, or did not use the one they got. Earlier
/// links of theirs end; their password works until another is chosen.
///
/// # Errors
/// The actor may not or comes with a personal token, or there is no such person, or they are
/// disabled.
pub fn new_link(
    conn: &mut Connection,
    actor: &Actor,
    user: i64,
    now: UtcTime,
) -> Result<PasswordLink, DomainError> {
    policy::require(actor, Action::ManageUsers, None)?;
    // Whoever has the link can become the person.
    if actor.token().is_some() {
        let told = "A personal token can't make password links. Sign in.";
        return Err(DomainError::TokenCant(told));
    }
    let code = new_code()?;
    change(conn, |tx| {
        let user = users::by_id(tx.conn(), user)?.ok_or(DomainError::NotFound)?;
        if user.disabled_at.is_some() {
            let told = "This person is disabled. Enable them first.";
            return Err(DomainError::Conflict(told.into()));
        }
        let link = lay_down(tx, user.id, &user.email, code, now)?;
        let entry = actor.entry("user.link_made", &user.email, now);
        Ok((link, entry))
    })
}

/// Whose link this is; `None` if it was used, has run out, or never was one.
///
/// # Errors
/// The database fails.
pub fn person_of(
    conn: &mut AnyConnection,
    code: &str,
    now: UtcTime,
) -> Result<Option<User>, DomainError> {
    let user = password_links::person(conn, &KeyDigest::of(code), now)?;
    Ok(user.filter(|user| user.disabled_at.is_none()))
}

/// Gives the person whose link this is the password that they chose. The link and every session
/// of theirs end.
///
/// # Errors
/// The link does not work any more (`NotFound`), or the password is weak.
pub fn choose_password(
    conn: &mut Connection,
    actor: &Actor,
    code: &str,
    password: &Password,
    now: UtcTime,
) -> Result<(), DomainError> {
    let user = person_of(conn, code, now)?.ok_or(DomainError::NotFound)?;
    if let Err(told) = password.check(&user.email) {
        return Err(DomainError::field("password", told));
    }
    let hash = password.hash()?;
    change(conn, |tx| {
        // Again, now that nobody can come between: a link works once.
        let user = person_of(tx.conn(), code, now)?.ok_or(DomainError::NotFound)?;
        users::set_password(tx, &user, &hash, now)?;
        sessions::delete_of_user(tx, user.id, None)?;
        if users::any_owner(tx.conn())? {
            setup_codes::delete_all(tx)?;
        }
        let action = match user.joined_at {
            None => "user.joined",
            Some(_) => "user.password_chosen",
        };
        let mut entry = actor.entry(action, &user.email, now);
        (entry.actor, entry.actor_id) = (user.email.clone(), Some(user.id));
        Ok(((), entry))
    })
}

fn new_code() -> Result<Zeroizing<String>, DomainError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut())?;
    Ok(Zeroizing::new(
        BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()),
    ))
}

fn lay_down(
    tx: &mut Tx,
    user_id: i64,
    email: &str,
    code: Zeroizing<String>,
    now: UtcTime,
) -> Result<PasswordLink, DomainError> {
    let expires_at = now + LINK_TIME;
    password_links::put(tx, user_id, &KeyDigest::of(&code), expires_at)?;
    Ok(PasswordLink {
        user_id,
        email: email.to_owned(),
        code,
        expires_at,
    })
}
