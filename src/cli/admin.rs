//! `keyward admin`: people who may sign in.

use clap::Subcommand;

use super::{Arguments, Failure, password};
use crate::domain::Actor;
use crate::domain::create_user::{NewPerson, create_user};
use crate::domain::policy::Role;
use crate::domain::reset_password::reset_password;

#[derive(Subcommand)]
pub(super) enum Admin {
    /// Add a person with a role
    Create {
        #[arg(long)]
        email: String,
        /// owner, admin, support, auditor or viewer
        #[arg(long)]
        role: Role,
        /// The one project the role is for; without it, all
        #[arg(long)]
        project: Option<String>,
        /// A file with the password, or - for standard input
        #[arg(long, value_name = "FILE")]
        password_file: Option<String>,
    },
    /// Give a person another password and end their sessions
    ResetPassword {
        #[arg(long)]
        email: String,
        /// A file with the password, or - for standard input
        #[arg(long, value_name = "FILE")]
        password_file: Option<String>,
    },
}

impl Admin {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        let actor = Actor::command_line();
        let now = super::clock().now();
        match self {
            Admin::Create {
                email,
                role,
                project,
                password_file,
            } => {
                let mut conn = arguments.connect()?;
                let new = NewPerson {
                    email: email.clone(),
                    password: password::read(password_file.as_deref())?,
                    role: *role,
                    project: project.clone(),
                };
                create_user(&mut conn, &actor, &new, now)?;
                let of = project
                    .as_ref()
                    .map_or("all projects".into(), |slug| format!("the project {slug}"));
                println!("{email} is {role} of {of}.");
            }
            Admin::ResetPassword {
                email,
                password_file,
            } => {
                let mut conn = arguments.connect()?;
                let password = password::read(password_file.as_deref())?;
                reset_password(&mut conn, &actor, email, &password, now)?;
                println!("{email} has another password. Every session of theirs has ended.");
            }
        }
        Ok(())
    }
}
