//! `keyward users`: people who may sign in, and what they may do.

use std::fmt;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::projects::named_project;
use super::{Arguments, Failure, in_json, print, print_lines};
use crate::access::Actor;
use crate::clock::rfc3339;
use crate::config::Config;
use crate::domain::grants::{self, Whom};
use crate::domain::users::{self, PasswordLink};
use crate::domain::{DomainError, Op, Precondition, projects};
use crate::json::UserJson;
use crate::records::{Project, Role, User};

#[derive(Subcommand)]
pub(super) enum Users {
    /// List people and their roles
    List {
        /// Print JSON, one person per line
        #[arg(long)]
        json: bool,
    },
    /// Add a person with a role, and print a link for choosing their password
    Invite {
        email: String,
        /// The role: owner, admin, support, auditor or viewer
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        place: Place,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Disable a person: their sessions and personal tokens stop working at once
    Disable(Somebody),
    /// Let a disabled person sign in again
    Enable(Somebody),
    /// Print a new link with which a person can choose a password
    Link(Somebody),
    /// Give a person a role, replacing the one they have there
    Grant {
        email: String,
        /// The role: owner, admin, support, auditor or viewer
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        place: Place,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a person's role
    RemoveRole {
        email: String,
        #[command(flatten)]
        place: Place,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(super) struct Somebody {
    email: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where a role applies.
#[derive(Args)]
pub(super) struct Place {
    /// The project the role is for; all projects if omitted
    #[arg(long)]
    project: Option<String>,
}

impl Users {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        let mut conn = arguments.connect()?;
        let actor = Actor::command_line();
        let op = &mut Op::new(&mut conn, &actor, super::clock().now());
        match self {
            Users::List { json } => list(op, *json),
            Users::Invite {
                email,
                role,
                place,
                json,
            } => {
                let slug = place.project.as_deref();
                let (link, _) = users::invite(op, email, *role, slug)?;
                hand_out(&link, &arguments.config(&[])?, *json)
            }
            Users::Disable(Somebody { email, json }) => {
                let user = grants::find_person(op, None, email)?;
                users::disable(op, user.id)?;
                tell(op, &user, "was disabled", *json)
            }
            Users::Enable(Somebody { email, json }) => {
                let user = grants::find_person(op, None, email)?;
                users::enable(op, user.id)?;
                tell(op, &user, "was enabled", *json)
            }
            Users::Link(Somebody { email, json }) => {
                let user = grants::find_person(op, None, email)?;
                let link = users::new_link(op, user.id)?;
                hand_out(&link, &arguments.config(&[])?, *json)
            }
            Users::Grant {
                email,
                role,
                place,
                json,
            } => {
                let project = place.project(op)?;
                let user = grants::find_person(op, None, email)?;
                let still = Precondition::none();
                grants::put(op, project.as_ref(), &Whom::Id(user.id), *role, &still)?;
                let became = format!("is {role} of {place}");
                tell(op, &user, &became, *json)
            }
            Users::RemoveRole { email, place, json } => {
                let project = place.project(op)?;
                let user = grants::find_person(op, None, email)?;
                let still = Precondition::none();
                let taken = grants::delete(op, project.as_ref(), &Whom::Id(user.id), &still);
                taken.map_err(|error| match error {
                    DomainError::NotFound => {
                        Failure::Failed(format!("{} has no role on {place}.", user.email))
                    }
                    error => error.into(),
                })?;
                let became = format!("no longer has a role on {place}");
                tell(op, &user, &became, *json)
            }
        }
    }
}

impl Place {
    fn project(&self, op: &mut Op) -> Result<Option<Project>, Failure> {
        let slug = self.project.as_deref();
        slug.map(|slug| named_project(op, slug)).transpose()
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

fn list(op: &mut Op, json: bool) -> Result<(), Failure> {
    let people = users::list(op)?;
    let projects = projects::list(op)?;
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

/// Prints what changed for a person.
fn tell(op: &mut Op, user: &User, became: &str, json: bool) -> Result<(), Failure> {
    if !json {
        return print(&format!("{} {became}.", user.email));
    }
    let person = users::find(op, user.id)?;
    let projects = projects::list(op)?;
    print(&in_json(&UserJson::new(&person, &projects)))
}

/// Prints a link on a line of its own and, on standard error, what it is for.
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
        None => config.listen[0].to_string(),
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
    if config.public_url.is_none() {
        eprintln!(
            "The link begins with the address that Keyward listens on. Set KEYWARD_PUBLIC_URL if \
             people reach it at another."
        );
    }
    eprintln!(
        "Send this link to {}. It sets their password once, until {expires_at}.",
        link.email
    );
    Ok(())
}
