//! `keyward admin`: people who may sign in.

use clap::Subcommand;

use super::{Arguments, Failure, password};
use crate::access::Actor;
use crate::domain::Op;
use crate::domain::users::{self, NewPerson};
use crate::records::Role;

#[derive(Subcommand)]
pub(super) enum Admin {
    /// Add a person with a role
    Create {
        #[arg(long)]
        email: String,
        /// The role: owner, admin, support, auditor or viewer
        #[arg(long)]
        role: Role,
        /// The project the role is for; all projects if omitted
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
        let mut conn = arguments.connect()?;
        let actor = Actor::command_line();
        let mut op = Op::new(&mut conn, &actor, super::clock().now());
        match self {
            Admin::Create {
                email,
                role,
                project,
                password_file,
            } => {
                let new = NewPerson {
                    email: email.clone(),
                    password: password::read(password_file.as_deref())?,
                    role: *role,
                    project: project.clone(),
                };
                users::create(&mut op, &new)?;
                let of = project
                    .as_ref()
                    .map_or("all projects".into(), |slug| format!("the project {slug}"));
                println!("{email} is {role} of {of}.");
            }
            Admin::ResetPassword {
                email,
                password_file,
            } => {
                let password = password::read(password_file.as_deref())?;
                users::reset_password(&mut op, email, &password)?;
                println!("The password of {email} was changed, and their sessions have ended.");
            }
        }
        Ok(())
    }
}
