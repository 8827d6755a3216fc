//! Import keys from another system, which keep their secrets.

use std::collections::HashMap;
use std::io::BufRead;

use keyward_key::KeyDigest;

use super::draft::Rules;
use super::line::{self, CheckedKey, WrongLine};
use crate::access::Action;
use crate::db::keys::NewKey;
use crate::db::{self, AnyConnection, DbError, Ending, known_keys, scopes};
use crate::domain::archived::{require_open, reread_open};
use crate::domain::{DomainError, Op};
use crate::records::Project;

/// The most keys that are written in one transaction.
pub const BATCH: usize = 500;

/// How many prefixes an audit entry names.
const NAMED: usize = 20;

const HERE_ALREADY: &str = "this key is here already.";

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
/// now, whenever a key was created.
///
/// # Errors
/// The actor may not import keys, the project is archived, or lines are wrong, in which case the
/// error lists them all.
pub fn check_lines(
    op: &mut Op,
    project: &Project,
    mut input: impl BufRead,
) -> Result<Vec<CheckedKey>, ImportError> {
    op.allow(Action::MintKeys, project)?;
    require_open(project)?;
    let now = op.now();
    let catalogue = scopes::of_project(op.conn(), project.id)?;
    let rules = Rules {
        catalogue: &catalogue,
        max_lifetime_days: project.max_lifetime_days,
        key: None,
    };
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    let mut lines = HashMap::new();
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        if input.read_until(b'\n', &mut text)? == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let checked = match line::check(&text, number, project, &rules, now) {
            Ok(key) => match known_from(op.conn(), &mut lines, &key)? {
                None => Ok(key),
                Some(detail) => Err(detail),
            },
            Err(detail) => Err(detail),
        };
        match checked {
            Ok(key) => good.push(key),
            Err(detail) => wrong.push(WrongLine {
                line: number,
                detail: line::without_controls(&detail),
            }),
        }
    }
    match wrong.is_empty() {
        true => Ok(good),
        false => Err(ImportError::Wrong(wrong)),
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
        let mut ids = Vec::with_capacity(batch.len());
        for key in batch {
            let new = NewKey {
                project_id: project.id,
                digest: key.digest,
                prefix: &key.prefix,
                environment: key.environment,
                terms: &key.terms,
                created_at: key.created_at,
                replaces: None,
            };
            let id = db::keys::insert(tx, &new).map_err(|error| match db::is_taken(&error) {
                true => DomainError::Conflict(format!("line {}: {HERE_ALREADY}", key.line)),
                false => error.into(),
            })?;
            ids.push(id);
        }
        db::projects::set_imported(tx, project.id)?;
        let prefixes: Vec<&str> = batch.iter().take(NAMED).map(|key| &*key.prefix).collect();
        let entry = tx
            .project_entry("keys.imported", &project)
            .with("count", batch.len())
            .with("key_prefixes", prefixes);
        Ok(Ending::Done(ids, entry))
    })
}

/// A message if the key is on an earlier line or already in the database, in any state and project.
/// `lines` records the line of each key.
fn known_from(
    conn: &mut AnyConnection,
    lines: &mut HashMap<KeyDigest, usize>,
    key: &CheckedKey,
) -> Result<Option<String>, DbError> {
    if let Some(earlier) = lines.insert(key.digest, key.line) {
        return Ok(Some(format!("this key is on line {earlier} already.")));
    }
    let known = known_keys::by_digest(conn, &key.digest)?;
    Ok(known.map(|_| HERE_ALREADY.to_owned()))
}
