//! `keyward keys import`.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::projects::named_project;
use super::{Failure, in_json, print};
use crate::domain::keys::{self, BATCH, Checked, ImportError};
use crate::domain::{DomainError, Op};
use crate::json::KeyJson;
use crate::records::Project;

/// How long the lock may be held at once. Others who change something wait for it.
const STEP: Duration = Duration::from_millis(50);
/// The fewest keys in a step.
const FEWEST: usize = 50;
/// How often progress is shown on a terminal.
const PROGRESS: Duration = Duration::from_millis(200);

/// Imports the keys that `file` (`-` is standard input) describes.
pub(super) fn import(op: &mut Op, file: &str, slug: &str, json: bool) -> Result<(), Failure> {
    let project = named_project(op, slug)?;
    let input: Box<dyn BufRead> = match file {
        "-" => Box::new(std::io::stdin().lock()),
        path => Box::new(BufReader::new(
            File::open(path).map_err(|error| unreadable(path, &error))?,
        )),
    };
    let Checked { new, here } =
        keys::check_lines(op, &project, input).map_err(|error| match error {
            ImportError::Unreadable(error) => unreadable(file, &error),
            ImportError::Wrong(lines) => {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                Failure::Failed(format!("{}\nNothing was imported.", lines.join("\n")))
            }
            ImportError::Domain(error) => error.into(),
        })?;
    op.begin_much()?;
    let mut progress = Progress::of(new.len());
    let (mut done, mut size) = (0, BATCH);
    while done < new.len() {
        let step = &new[done..new.len().min(done + size)];
        if done + step.len() == new.len() {
            op.end_much()?;
        }
        let started = Instant::now();
        let ids = keys::import(op, &project, step).map_err(|error| stopped_after(done, error))?;
        size = match started.elapsed() {
            took if took > STEP => size / 2,
            took if took < STEP / 2 => size * 2,
            _ => size,
        };
        size = size.clamp(FEWEST, BATCH);
        done += ids.len();
        if json {
            print_keys(op, &project, &ids).map_err(|error| stopped_after(done, error))?;
        }
        progress.show(done);
    }
    progress.end();
    let told = match here.len() {
        0 => format!("Imported {} into {slug}.", counted(done)),
        1 => format!(
            "Imported {} into {slug}. 1 was there already.",
            counted(done)
        ),
        here => format!(
            "Imported {} into {slug}. {here} were there already.",
            counted(done)
        ),
    };
    match json {
        true => print_keys(op, &project, &here).map_err(|error| stopped_after(done, error)),
        false => print(&told),
    }
}

/// How far the import is, on a line of the terminal that is written anew each time.
struct Progress {
    all: usize,
    shown: Option<Instant>,
    is_on: bool,
}

impl Progress {
    fn of(all: usize) -> Self {
        Progress {
            all,
            shown: None,
            is_on: std::io::stderr().is_terminal(),
        }
    }

    fn show(&mut self, done: usize) {
        if self.is_on && self.shown.is_none_or(|shown| shown.elapsed() > PROGRESS) {
            eprint!("\r{done} of {} keys", self.all);
            self.shown = Some(Instant::now());
        }
    }

    fn end(&self) {
        if self.shown.is_some() {
            eprintln!("\r{0} of {0} keys", self.all);
        }
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
            "{message}\n{} of the file were imported. Run the command again: keys that are here count as \
             done.",
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
