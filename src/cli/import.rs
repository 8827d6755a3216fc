//! `keyward keys import`.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::projects::named_project;
use super::{Failure, in_json, print};
use crate::domain::keys::{self, BATCH, Checked, CheckedKey, ImportError};
use crate::domain::{DomainError, Op};
use crate::json::KeyJson;
use crate::records::Project;

/// How long the lock may be held at once. Others who change something wait for it.
const STEP: Duration = Duration::from_millis(50);
/// The fewest keys in a step.
const FEWEST: usize = 50;
/// A gap between steps, and how often there is one. SQLite lets nobody wait in line for the lock:
/// whoever waits looks every tenth of a second whether it is free.
const GAP: Duration = Duration::from_millis(110);
const GAP_EVERY: Duration = Duration::from_secs(1);
/// How many wrong lines are told.
const TOLD: usize = 100;
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
    let checked = keys::check_lines(op, &project, input).map_err(|error| match error {
        ImportError::Unreadable(error) => unreadable(file, &error),
        ImportError::Wrong(lines) => {
            let mut told: Vec<String> = lines.iter().take(TOLD).map(ToString::to_string).collect();
            if lines.len() > TOLD {
                told.push(format!("{} more lines are wrong.", lines.len() - TOLD));
            }
            told.push("Nothing was imported.".into());
            Failure::Failed(told.join("\n"))
        }
        ImportError::Domain(error) => error.into(),
    })?;
    let Checked {
        new, here, revoked, ..
    } = checked;
    write(op, &project, &new, json)?;
    match json {
        true => print_keys(op, &project, &here).map_err(|error| stopped_after(new.len(), error)),
        false => print(&summary(slug, new.len(), here.len(), revoked)),
    }
}

/// Writes keys in steps, each as long as others may be kept waiting.
fn write(op: &mut Op, project: &Project, new: &[CheckedKey], json: bool) -> Result<(), Failure> {
    op.begin_much()?;
    let mut progress = Progress::of(new.len());
    let (mut done, mut size, mut since_gap) = (0, BATCH, Instant::now());
    while done < new.len() {
        let step = &new[done..new.len().min(done + size)];
        if done + step.len() == new.len() {
            op.end_much()?;
        }
        let started = Instant::now();
        let ids = keys::import(op, project, step).map_err(|error| stopped_after(done, error))?;
        size = match started.elapsed() {
            took if took > STEP => size / 2,
            took if took < STEP / 2 => size * 2,
            _ => size,
        };
        size = size.clamp(FEWEST, BATCH);
        done += ids.len();
        if json {
            print_keys(op, project, &ids).map_err(|error| stopped_after(done, error))?;
        }
        progress.show(done);
        if since_gap.elapsed() > GAP_EVERY {
            std::thread::sleep(GAP);
            since_gap = Instant::now();
        }
    }
    progress.end();
    Ok(())
}

/// What the import did.
fn summary(slug: &str, new: usize, here: usize, revoked: usize) -> String {
    let mut told = format!("Imported {} into {slug}.", counted(new));
    match here {
        0 => {}
        1 => told.push_str(" 1 was there already."),
        here => told.push_str(&format!(" {here} were there already.")),
    }
    if revoked > 0 {
        told.push_str(&format!(" Revoked since, and still so: {revoked}."));
    }
    told
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
            "{message}\n{} of the file were imported. Run the command again: keys that are here \
             count as done.",
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
