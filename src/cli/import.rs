//! `keyward keys import`.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};

use super::projects::named_project;
use super::{Failure, in_json, print};
use crate::domain::keys::{self, BATCH, ImportError};
use crate::domain::{DomainError, Op};
use crate::json::KeyJson;
use crate::records::Project;

/// On a terminal, a line is printed each time this many keys have been written.
const PROGRESS: usize = 10_000;

/// Imports the keys that `file` (`-` is standard input) describes.
pub(super) fn import(op: &mut Op, file: &str, slug: &str, json: bool) -> Result<(), Failure> {
    let project = named_project(op, slug)?;
    let input: Box<dyn BufRead> = match file {
        "-" => Box::new(std::io::stdin().lock()),
        path => Box::new(BufReader::new(
            File::open(path).map_err(|error| unreadable(path, &error))?,
        )),
    };
    let keys = keys::check_lines(op, &project, input).map_err(|error| match error {
        ImportError::Unreadable(error) => unreadable(file, &error),
        ImportError::Wrong(lines) => {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            Failure::Failed(format!("{}\nNothing was imported.", lines.join("\n")))
        }
        ImportError::Domain(error) => error.into(),
    })?;
    let shows_progress = std::io::stderr().is_terminal();
    let mut done = 0;
    for batch in keys.chunks(BATCH) {
        let ids = keys::import(op, &project, batch).map_err(|error| stopped_after(done, error))?;
        done += ids.len();
        if json {
            print_keys(op, &project, &ids).map_err(|error| stopped_after(done, error))?;
        }
        if shows_progress && done.is_multiple_of(PROGRESS) {
            eprintln!("{done} of {} keys are imported.", keys.len());
        }
    }
    match json {
        true => Ok(()),
        false => print(&format!("Imported {} into {slug}.", counted(done))),
    }
}

/// The import goes on even if nobody reads standard output any more.
fn print_keys(op: &mut Op, project: &Project, ids: &[i64]) -> Result<(), DomainError> {
    let mut out = std::io::stdout().lock();
    for id in ids {
        let key = keys::read(op, project, *id)?;
        let line = in_json(&KeyJson::new(&key, project, op.now()));
        drop(writeln!(out, "{line}"));
    }
    Ok(())
}

fn unreadable(file: &str, error: &std::io::Error) -> Failure {
    Failure::Failed(match file {
        "-" => format!("Standard input can't be read: {error}."),
        path => format!("{path} can't be read: {error}."),
    })
}

/// Keys written before the error stay.
fn stopped_after(done: usize, error: DomainError) -> Failure {
    match Failure::from(error) {
        Failure::Failed(message) if done > 0 => Failure::Failed(format!(
            "{message}\nThe first {} of the file were imported.",
            counted(done)
        )),
        failure => failure,
    }
}

fn counted(keys: usize) -> String {
    match keys {
        1 => "1 key".into(),
        keys => format!("{keys} keys"),
    }
}
