//! The command line.

mod admin;
mod audit;
mod demo;
pub(crate) mod import;
mod keys;
mod pattern;
mod projects;
mod rotation;
mod secret;
mod serve;
mod settings;
mod usage;
mod users;

use std::process::{Command, Output};

use crate::app::{SECRET, TestApp};
use crate::program::command;

pub(crate) fn told(output: &Output) -> (i32, String) {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code().unwrap(), text)
}

/// A command on the instance's database, with its secret.
fn command_on(app: &TestApp, arguments: &[&str]) -> Command {
    let mut command = command(app.database.folder(), arguments);
    command
        .env("DATABASE_URL", &app.database.url)
        .env("KEYWARD_SECRET", SECRET);
    command
}

/// Runs a command on the instance's database.
fn run_on(app: &TestApp, arguments: &[&str]) -> Output {
    command_on(app, arguments).output().unwrap()
}

/// What a command printed, each line read as JSON.
fn json_lines(output: &Output) -> Vec<serde_json::Value> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}
