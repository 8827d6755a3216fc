//! `keyward users`: people who may sign in, and what they may do.

use std::fmt;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::projects::named_project;
use super::{Arguments, Failure, in_json, print, print_lines};
use crate::clock::rfc3339;
use crate::config::Config;
use crate::db::AnyConnection;
use crate::db::projects::Project;
use crate::db::users::User;
use crate::domain::edit_grants::{Whom, delete_grant, find_person, put_grant};
use crate::domain::list_projects::list_projects;
use crate::domain::manage_users::{disable_user, enable_user, find_user, list_users};
use crate::domain::password_link::{PasswordLink, invite, new_link};
use crate::domain::policy::Role;
use crate::domain::precondition::Precondition;
use crate::domain::user_json::UserJson;
use crate::domain::{Actor, DomainError};

#[derive(Subcommand)]
pub(super) enum Users {
    /// List people and what they have been given
    List {
        /// As JSON, one person a line
        #[arg(long)]
        json: bool,
    },
    /// Add a person with a role, and print the link with which they choose a password
    Invite {
        email: String,
        /// owner, admin, support, auditor or viewer
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        place: Place,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep a person out: their sessions and personal tokens end at once
    Disable(Somebody),
    /// Let a disabled person in again
    Enable(Somebody),
    /// Print a new link with which a person chooses a password
    Link(Somebody),
    /// Give a person a role, in place of the one they have there
    Grant {
        email: String,
        /// owner, admin, support, auditor or viewer
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        place: Place,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a person's role away
    TakeAway {
        email: String,
        #[command(flatten)]
        place: Place,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(super) struct Somebody {
    email: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Where a role holds.
#[derive(Args)]
pub(super) struct Place {
    /// The one project the role is for; without it, all
    #[arg(long)]
    project: Option<String>,
}

impl Users {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        let conn = &mut arguments.connect()?;
        let actor = &Actor::command_line();
        let now = super::clock().now();
        match self {
            Users::List { json } => list(conn, actor, *json),
            Users::Invite {
                email,
                role,
                place,
                json,
            } => {
                let slug = place.project.as_deref();
                let (link, _) = invite(conn, actor, email, *role, slug, now)?;
                hand_out(&link, &arguments.config(None)?, *json)
            }
            Users::Disable(Somebody { email, json }) => {
                let user = find_person(conn, actor, None, email)?;
                disable_user(conn, actor, user.id, now)?;
                tell(conn, actor, &user, "is kept out from now on", *json)
            }
            Users::Enable(Somebody { email, json }) => {
                let user = find_person(conn, actor, None, email)?;
                enable_user(conn, actor, user.id, now)?;
                tell(conn, actor, &user, "may sign in again", *json)
            }
            Users::Link(Somebody { email, json }) => {
                let user = find_person(conn, actor, None, email)?;
                let link = new_link(conn, actor, user.id, now)?;
                hand_out(&link, &arguments.config(None)?, *json)
            }
            Users::Grant {
                email,
                role,
                place,
                json,
            } => {
                let project = place.project(conn, actor)?;
                let user = find_person(conn, actor, None, email)?;
                let still = Precondition::none();
                put_grant(
                    conn,
                    actor,
                    project.as_ref(),
                    &Whom::Id(user.id),
                    *role,
                    &still,
                    now,
                )?;
                let became = format!("is {role} of {place}");
                tell(conn, actor, &user, &became, *json)
            }
            Users::TakeAway { email, place, json } => {
                let project = place.project(conn, actor)?;
                let user = find_person(conn, actor, None, email)?;
                let still = Precondition::none();
                let taken = delete_grant(
                    conn,
                    actor,
                    project.as_ref(),
                    &Whom::Id(user.id),
                    &still,
                    now,
                );
                taken.map_err(|error| match error {
                    DomainError::NotFound => {
                        Failure::Failed(format!("{} has no role on {place}.", user.email))
                    }
                    error => error.into(),
                })?;
                let became = format!("has no role on {place} any more");
                tell(conn, actor, &user, &became, *json)
            }
        }
    }
}

impl Place {
    fn project(&self, conn: &mut AnyConnection, actor: &Actor) -> Result<Option<Project>, Failure> {
        let slug = self.project.as_deref();
        slug.map(|slug| named_project(conn, actor, slug))
            .transpose()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.project {
            Some(slug) => write!(f, "the project {slug}"),
            None => f.write_str("all projects"),
        }
    }
}

fn list(conn: &mut AnyConnection, actor: &Actor, json: bool) -> Result<(), Failure> {
    let people = list_users(conn, actor)?;
    let projects = list_projects(conn, actor)?;
    print_lines(people.iter().map(|person| {
        let person = UserJson::new(person, &projects);
        match json {
            true => in_json(&person),
            false => in_columns(&person),
        }
    }));
    Ok(())
}

fn in_columns(person: &UserJson) -> String {
    let roles = person.grants.iter().map(|grant| match &grant.project {
        Some(slug) => format!("{} of {slug}", grant.role),
        None => format!("{} of all projects", grant.role),
    });
    let roles = roles.collect::<Vec<_>>().join(", ");
    format!("{:<9} {:<32} {roles}", person.state, person.email)
}

/// Prints what became of a person.
fn tell(
    conn: &mut AnyConnection,
    actor: &Actor,
    user: &User,
    became: &str,
    json: bool,
) -> Result<(), Failure> {
    if !json {
        return print(&format!("{} {became}.", user.email));
    }
    let person = find_user(conn, actor, user.id)?;
    let projects = list_projects(conn, actor)?;
    print(&in_json(&UserJson::new(&person, &projects)))
}

/// Prints a link alone on its line, and beside it what it is for.
fn hand_out(link: &PasswordLink, config: &Config, json: bool) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct LinkJson<'a> {
        user_id: i64,
        email: &'a str,
        link: &'a str,
        expires_at: String,
    }
    let origin = match &config.public_url {
        Some(public) => public.origin.clone(),
        None => format!("http://{}", config.listen),
    };
    let url = format!("{origin}{}", link.path());
    let expires_at = rfc3339(link.expires_at);
    if json {
        return print(&in_json(&LinkJson {
            user_id: link.user_id,
            email: &link.email,
            link: &url,
            expires_at,
        }));
    }
    print(&url)?;
    eprintln!(
        "Hand this link to {}: with it they choose a password, once, until {expires_at}.",
        link.email
    );
    Ok(())
}
