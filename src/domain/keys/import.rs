//! Import keys from another system, which keep their secrets.

use std::collections::HashMap;
use std::io::BufRead;

use keyward_key::KeyDigest;

use super::draft::Rules;
use super::line::{self, CheckedKey, ReadLine, WrongLine};
use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::keys::NewKey;
use crate::db::{self, DbError, Ending, scopes};
use crate::domain::archived::{require_open, reread_open};
use crate::domain::{DomainError, Op};
use crate::records::{Key, Project};

/// The most keys that are written in one transaction.
pub const BATCH: usize = 500;

/// How many prefixes an audit entry names.
const NAMED: usize = 20;

const HERE_ALREADY: &str = "this key is here already.";
const MEANWHILE: &str = "Somebody else has imported some of these keys in the meantime. Import the file \
                         again: keys that are here count as done.";

/// Why lines can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Reading the input failed.
    #[error("the lines can't be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// At least one line was rejected. Holds every rejected line, in order.
    #[error("{} of the lines are wrong", .0.len())]
    Wrong(Vec<WrongLine>),
    /// The actor may not import keys, the project is archived, or the database failed.
    #[error(transparent)]
    Domain(#[from] DomainError),
}

impl From<DbError> for ImportError {
    fn from(error: DbError) -> Self {
        DomainError::from(error).into()
    }
}

/// Checks `input`, which has a key in JSON on each line, and writes nothing. Lifetimes count from
/// now, whenever a key was created. A key that is here already as its line says is fine.
///
/// # Errors
/// The actor may not import keys, the project is archived, or lines are wrong, in which case the
/// error lists them all.
pub fn check_lines(
    op: &mut Op,
    project: &Project,
    mut input: impl BufRead,
) -> Result<Checked, ImportError> {
    op.allow(Action::MintKeys, project)?;
    require_open(project)?;
    let catalogue = scopes::of_project(op.conn(), project.id)?;
    let answerable = db::users::answerable(op.conn(), project.id)?;
    let rules = Rules {
        catalogue: &catalogue,
        max_lifetime_days: project.max_lifetime_days,
        answerable: &answerable,
        creator: None,
        key: None,
    };
    let mut checked = Checked::default();
    let mut batch = Vec::new();
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        let is_over = input.read_until(b'\n', &mut text)? == 0;
        if is_over || batch.len() == BATCH {
            let batch = std::mem::take(&mut batch);
            checked.take_in(op, project, &rules, batch)?;
        }
        if is_over {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        match line::read(without_mark(&text, number), number) {
            Ok(line) => batch.push(line),
            Err(detail) => checked.wrong.push(WrongLine::new(number, &detail)),
        }
    }
    checked.wrong.sort_by_key(|wrong| wrong.line);
    match checked.wrong.is_empty() {
        true => Ok(checked),
        false => Err(ImportError::Wrong(checked.wrong)),
    }
}

/// Keys that may be imported, and those that are here already.
#[derive(Default)]
pub struct Checked {
    /// Those that are to be written.
    pub new: Vec<CheckedKey>,
    /// The ids of those that are here as their lines say, as after an import that broke off.
    pub here: Vec<i64>,
    /// How many of these have been revoked since. They stay so.
    pub revoked: usize,
    wrong: Vec<WrongLine>,
    /// The line of each key so far.
    lines: HashMap<KeyDigest, usize>,
}

impl Checked {
    /// Checks lines, also against the database: a key that is here already keeps what it has, even
    /// if it could not be chosen any more.
    fn take_in(
        &mut self,
        op: &mut Op,
        project: &Project,
        rules: &Rules,
        lines: Vec<ReadLine>,
    ) -> Result<(), DbError> {
        let digests: Vec<KeyDigest> = lines.iter().filter_map(|line| line.digest).collect();
        let kept: HashMap<KeyDigest, Key> = db::keys::with_digests(op.conn(), &digests)?
            .into_iter()
            .collect();
        for line in lines {
            let kept = line.digest.and_then(|digest| kept.get(&digest));
            let rules = Rules {
                key: kept,
                ..*rules
            };
            let number = line.number;
            if let Err(detail) = self.take_in_one(line, project, &rules, op.now()) {
                self.wrong.push(WrongLine::new(number, &detail));
            }
        }
        Ok(())
    }

    fn take_in_one(
        &mut self,
        line: ReadLine,
        project: &Project,
        rules: &Rules,
        now: UtcTime,
    ) -> Result<(), String> {
        let key = line::check(line, project, rules, now)?;
        if let Some(earlier) = self.lines.insert(key.digest, key.line) {
            return Err(format!("this key is on line {earlier} already."));
        }
        match rules.key {
            None => self.new.push(key),
            Some(kept) => {
                in_the_way(project, &key, kept).map_or(Ok(()), Err)?;
                self.here.push(kept.id);
                self.revoked += usize::from(kept.revocation.is_some());
            }
        }
        Ok(())
    }
}

/// What is wrong with a line whose key is here already, if anything is.
fn in_the_way(project: &Project, key: &CheckedKey, kept: &Key) -> Option<String> {
    if kept.project_id != project.id {
        return Some(format!("{HERE_ALREADY} It is in another project."));
    }
    match key.differences(kept).as_slice() {
        [] => None,
        fields => Some(format!(
            "{HERE_ALREADY} It differs in: {}.",
            fields.join(", ")
        )),
    }
}

/// Spreadsheets begin files with a byte order mark.
fn without_mark(text: &[u8], number: usize) -> &[u8] {
    match number {
        1 => text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text),
        _ => text,
    }
}

/// Writes checked keys, [`BATCH`] at most, and returns their ids. Once this returns, every instance
/// accepts them.
///
/// # Errors
/// The actor may not import keys, the project is archived, or one of the keys was imported in the
/// meantime. Nothing is written then.
pub fn import(
    op: &mut Op,
    project: &Project,
    batch: &[CheckedKey],
) -> Result<Vec<i64>, DomainError> {
    let permit = op.require(Action::MintKeys, project)?;
    op.change(permit, |tx| {
        let project = reread_open(tx.conn(), project)?;
        let new: Vec<NewKey> = batch
            .iter()
            .map(|key| NewKey {
                project_id: project.id,
                digest: key.digest,
                prefix: &key.prefix,
                environment: key.environment,
                terms: &key.terms,
                created_at: key.created_at,
                replaces: None,
            })
            .collect();
        let ids =
            db::keys::insert_all(tx, project.id, &new).map_err(|error| {
                match db::is_taken(&error) {
                    true => DomainError::Conflict(MEANWHILE.into()),
                    false => error.into(),
                }
            })?;
        db::projects::set_imported(tx, project.id)?;
        let prefixes: Vec<&str> = batch.iter().take(NAMED).map(|key| &*key.prefix).collect();
        let entry = tx
            .project_entry("keys.imported", &project)
            .with("count", batch.len())
            .with("first_key_id", ids.iter().min().copied())
            .with("last_key_id", ids.iter().max().copied())
            .with("key_prefixes", prefixes);
        Ok(Ending::Done(ids, entry))
    })
}
