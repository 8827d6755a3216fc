//! Import keys from another system, which keep their secrets.

use std::collections::HashMap;
use std::io::BufRead;

use keyward_key::KeyDigest;

use super::draft::Rules;
use super::line::{self, CheckedKey, WrongLine};
use crate::access::Action;
use crate::db::keys::NewKey;
use crate::db::{self, AnyConnection, DbError, Ending, scopes};
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
    let now = op.now();
    let catalogue = scopes::of_project(op.conn(), project.id)?;
    let rules = Rules {
        catalogue: &catalogue,
        max_lifetime_days: project.max_lifetime_days,
        key: None,
    };
    let mut checked = Checked::default();
    let (mut batch, mut wrong) = (Vec::new(), Vec::new());
    let mut lines = HashMap::new();
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        let is_over = input.read_until(b'\n', &mut text)? == 0;
        if is_over || batch.len() == BATCH {
            checked.compare(op.conn(), project, std::mem::take(&mut batch), &mut wrong)?;
        }
        if is_over {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let key = line::check(without_mark(&text, number), number, project, &rules, now);
        match key.and_then(|key| found_first(&mut lines, key)) {
            Ok(key) => batch.push(key),
            Err(detail) => wrong.push(WrongLine::new(number, &detail)),
        }
    }
    wrong.sort_by_key(|wrong| wrong.line);
    match wrong.is_empty() {
        true => Ok(checked),
        false => Err(ImportError::Wrong(wrong)),
    }
}

/// Keys that may be imported, and how many are here already.
#[derive(Default)]
pub struct Checked {
    /// Those that are to be written.
    pub new: Vec<CheckedKey>,
    /// The ids of those that are here as their lines say, as after an import that broke off.
    pub here: Vec<i64>,
}

impl Checked {
    /// Takes in keys after comparing them with those in the database. The lines of those that are
    /// not as they should be are `wrong`.
    fn compare(
        &mut self,
        conn: &mut AnyConnection,
        project: &Project,
        keys: Vec<CheckedKey>,
        wrong: &mut Vec<WrongLine>,
    ) -> Result<(), DbError> {
        let digests: Vec<KeyDigest> = keys.iter().map(|key| key.digest).collect();
        let kept: HashMap<KeyDigest, Key> = db::keys::with_digests(conn, &digests)?
            .into_iter()
            .collect();
        for key in keys {
            let Some(kept) = kept.get(&key.digest) else {
                self.new.push(key);
                continue;
            };
            match in_the_way(project, &key, kept) {
                None => self.here.push(kept.id),
                Some(detail) => wrong.push(WrongLine::new(key.line, &detail)),
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
    if kept.revocation.is_some() {
        return Some(HERE_ALREADY.into());
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

/// The key, if it is on no earlier line. `lines` records the line of each.
fn found_first(
    lines: &mut HashMap<KeyDigest, usize>,
    key: CheckedKey,
) -> Result<CheckedKey, String> {
    match lines.insert(key.digest, key.line) {
        None => Ok(key),
        Some(earlier) => Err(format!("this key is on line {earlier} already.")),
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
            .with("key_prefixes", prefixes);
        Ok(Ending::Done(ids, entry))
    })
}
