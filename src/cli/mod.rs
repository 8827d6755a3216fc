//! The command line. Exit codes: 0 done, 1 failed, 2 wrong usage.

mod admin;
mod audit;
mod demo;
mod import;
mod keys;
mod overlap;
mod password;
mod projects;
mod secret;
mod serve;
mod settings;
mod users;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::clock::Clock;
use crate::config::{Config, Flags, Found};
use crate::db::Connection;
use crate::domain::DomainError;
use crate::startup::{self, StartError};

/// A self-hosted console for API keys
#[derive(Parser)]
#[command(name = "keyward", version)]
struct Arguments {
    /// The database: sqlite:PATH or postgres://…
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct ServeArguments {
    /// Where to listen: an address and a port, or unix:PATH; port 0 picks one. May be repeated
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the console and verifications (the default)
    Serve(ServeArguments),
    /// People who may sign in
    #[command(subcommand)]
    Admin(admin::Admin),
    /// The audit log: verify, export, sign
    #[command(subcommand)]
    Audit(audit::Audit),
    /// API keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Projects, which keys belong to
    #[command(subcommand)]
    Projects(projects::Projects),
    /// People and their roles
    #[command(subcommand)]
    Users(users::Users),
    /// Serve a throw-away instance with a month of made-up use, to look around in
    Demo(demo::Demo),
    /// Replace the secret that sessions and short-lived tokens are signed with
    RotateSecret {
        /// The current secret leaked: do not keep it valid for another day
        #[arg(long)]
        leaked: bool,
        /// Print what to set as JSON
        #[arg(long)]
        json: bool,
    },
    /// Bring the database's schema up to date
    Migrate,
    /// Show which settings are in force and where each came from
    Config {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Why a command failed.
enum Failure {
    /// It could not be done. Holds the message.
    Failed(String),
    /// It was used in a wrong way. Holds the message.
    Usage(String),
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl From<DomainError> for Failure {
    fn from(error: DomainError) -> Self {
        Failure::Failed(match error {
            DomainError::Invalid(fields) => fields
                .iter()
                .map(|field| format!("{}: {}", field.field.replace('_', " "), field.detail))
                .collect::<Vec<_>>()
                .join("\n"),
            DomainError::NotFound => "There is no such thing.".into(),
            error => error.to_string(),
        })
    }
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    // Before libpq sets OpenSSL up: else OpenSSL cleans up when the process ends, under the feet of
    // threads that are still connecting to Postgres, and the process dies of it.
    openssl_sys::init();
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        None => serve::serve(&arguments.serve, &arguments),
        Some(Command::Serve(own)) => serve::serve(own, &arguments),
        Some(Command::Admin(command)) => command.run(&arguments),
        Some(Command::Audit(command)) => command.run(&arguments),
        Some(Command::Keys(command)) => command.run(&arguments),
        Some(Command::Projects(command)) => command.run(&arguments),
        Some(Command::Users(command)) => command.run(&arguments),
        Some(Command::Demo(demo)) => demo.run(),
        Some(Command::RotateSecret { leaked, json }) => secret::rotate(&arguments, *leaked, *json),
        Some(Command::Migrate) => bring_up_to_date(&arguments),
        Some(Command::Config { json }) => settings::show(&arguments, *json),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(message)) => {
            eprintln!("{message}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(message)) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

impl Arguments {
    fn found(&self, listen: &[String]) -> Result<Vec<Found>, StartError> {
        let flags = Flags {
            listen: (!listen.is_empty()).then(|| listen.join(",")),
            database_url: self.database_url.clone(),
        };
        // A variable that is not valid Unicode can't be one of ours.
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let folder = std::env::current_dir().unwrap_or_default();
        Ok(crate::config::find(&flags, &variables, &folder)?)
    }

    fn config(&self, listen: &[String]) -> Result<Config, StartError> {
        Ok(Config::from_found(&self.found(listen)?)?)
    }

    /// Opens the existing database, and brings its schema up to date.
    fn connect(&self) -> Result<Connection, StartError> {
        startup::open_existing(&self.config(&[])?.database)
    }
}

fn bring_up_to_date(arguments: &Arguments) -> Result<(), Failure> {
    startup::open_up_to_date(&arguments.config(&[])?.database)?;
    println!("The schema is up to date.");
    Ok(())
}

/// `value` as JSON on one line.
fn in_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, numbers and lists of them")
}

/// Prints a line, and fails if it can't be written.
fn print(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::Failed(format!("Standard output can't be written: {error}.")))
}

/// Prints lines for as long as somebody reads them.
fn print_lines(lines: impl Iterator<Item = String>) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        if writeln!(out, "{line}").is_err() {
            return;
        }
    }
}

fn clock() -> Clock {
    Clock::default()
}
