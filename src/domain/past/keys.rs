//! The keys of a project as they were.

use std::collections::HashMap;

use keyward_key::scope::EVERY_SCOPE;
use serde_json::{Map, Value};

use super::as_of::AsOf;
use super::undo::PastKey;
use crate::access::Action;
use crate::db::audit_log::past;
use crate::db::key_list::{self, Found, KeyFilter, Order, Seek, SortBy, SortValue};
use crate::domain::{DomainError, Op};
use crate::records::{AuditEntry, Key, KeyState, Project};

/// So many keys are looked at together.
const AT_ONCE: i64 = 100;
/// So many keys are looked at for one page.
const MOST: usize = 2_000;

/// Which keys to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastFilter {
    /// The state they were in; `None` is any.
    pub state: Option<KeyState>,
    /// A scope that they carried by its name, or `*`.
    pub scope: Option<String>,
    /// The email of the person who answered for them.
    pub owner: Option<String>,
}

/// A page of the keys of a project as they were.
#[derive(Debug, Default)]
pub struct PastKeys {
    /// Those that were there and match, the newest first.
    pub keys: Vec<PastKey>,
    /// Where to read on, if there may be more.
    pub next: Option<i64>,
    /// Whether the project was archived by then, which ended all its keys.
    pub was_archived: bool,
}

/// At most `limit` keys of `project` as they were, with ids below `before`.
///
/// # Errors
/// The actor may not look at the past of the project.
pub fn keys(
    op: &mut Op,
    project: &Project,
    as_of: &AsOf,
    filter: &PastFilter,
    before: Option<i64>,
    limit: usize,
) -> Result<PastKeys, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    op.allow(Action::ExportAudit, project)?;
    let log = Log::read(op, project, as_of)?;
    let mut page = PastKeys {
        keys: Vec::new(),
        next: None,
        was_archived: log.was_archived,
    };
    let all = KeyFilter {
        project_id: project.id,
        ..KeyFilter::default()
    };
    let now = op.now();
    let all = key_list::find(op.conn(), &all, now)?;
    let (mut below, mut seen) = (before, 0);
    loop {
        let some = below_id(op, &all, below)?;
        let is_last = some.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        for (id, past) in log.then(op, some)? {
            below = Some(id);
            seen += 1;
            page.keys
                .extend(past.filter(|past| log.lets_through(past, filter)));
            if page.keys.len() == limit || seen == MOST {
                page.next = below;
                return Ok(page);
            }
        }
        if is_last {
            return Ok(page);
        }
    }
}

/// Some of these keys with ids below `below`, the newest first.
fn below_id(op: &mut Op, all: &Found, below: Option<i64>) -> Result<Vec<Key>, DomainError> {
    let order = Order {
        by: SortBy::Created,
        descending: true,
    };
    let seek = below.map(|id| Seek {
        value: SortValue::Id,
        id,
        backwards: false,
    });
    let now = op.now();
    let listed = key_list::page(op.conn(), all, order, seek.as_ref(), 0, AT_ONCE, now)?;
    Ok(listed.into_iter().map(|listed| listed.key).collect())
}

/// What the log says of a project, besides what it says of single keys.
pub(super) struct Log {
    as_of: AsOf,
    pub(super) was_archived: bool,
    /// Imports since then: the first and the last key of each, where the entry says so.
    imported_since: Vec<(i64, i64)>,
    /// Keys that were revoked again since then, after the database had lost that.
    revoked_again: Vec<i64>,
    /// The newest key that an entry names that was there by then.
    newest_then: i64,
    /// Whether imports without the numbers of their keys came after that moment.
    has_vague_imports: bool,
}

impl Log {
    pub(super) fn read(op: &mut Op, project: &Project, as_of: &AsOf) -> Result<Self, DomainError> {
        let since = |entry: &&AuditEntry| entry.id > as_of.entry;
        let own = past::of_actions(
            op.conn(),
            &["keys.imported", "project.archived"],
            Some(project.id),
        )?;
        let is_archived_since = own
            .iter()
            .filter(since)
            .any(|entry| entry.action == "project.archived");
        let archived = project.archived_at.is_some_and(|at| at < as_of.end);
        let imports = || own.iter().filter(|entry| entry.action == "keys.imported");
        let imported_since = imports().filter(since).filter_map(numbers).collect();
        let has_vague_imports = imports()
            .filter(since)
            .any(|entry| numbers(entry).is_none());
        let lost = past::of_actions(op.conn(), &["database.rolled_back"], None)?;
        let revoked_again = lost.iter().filter(since).flat_map(|entry| {
            let keys = details(entry).remove("revoked_keys");
            let keys = keys.and_then(|keys| keys.as_array().cloned());
            let keys = keys.unwrap_or_default();
            keys.into_iter()
                .filter_map(|id| id.as_i64())
                .collect::<Vec<_>>()
        });
        let newest_then = match has_vague_imports {
            true => newest_by(op, project, as_of)?,
            false => 0,
        };
        Ok(Log {
            as_of: *as_of,
            was_archived: archived && !is_archived_since,
            imported_since,
            revoked_again: revoked_again.collect(),
            newest_then,
            has_vague_imports,
        })
    }

    /// These keys as they were, each with its id; `None` for those that were not there.
    fn then(
        &self,
        op: &mut Op,
        keys: Vec<Key>,
    ) -> Result<Vec<(i64, Option<PastKey>)>, DomainError> {
        let ids: Vec<i64> = keys.iter().map(|key| key.id).collect();
        let mut about: HashMap<i64, Vec<AuditEntry>> = HashMap::new();
        for entry in past::about_keys(op.conn(), &ids)? {
            for id in entry.key_id.into_iter().chain(entry.related_key_id) {
                about.entry(id).or_default().push(entry.clone());
            }
        }
        let then = keys.into_iter().map(|key| {
            let id = key.id;
            let entries = about.remove(&id).unwrap_or_default();
            (id, self.before(key, &entries))
        });
        Ok(then.collect())
    }

    /// A key before what happened since; `entries` are all about it, the newest first.
    pub(super) fn before(&self, key: Key, entries: &[AuditEntry]) -> Option<PastKey> {
        let id = key.id;
        let mut past = PastKey::now(key);
        for entry in entries.iter().filter(|entry| entry.id > self.as_of.entry) {
            if !past.undo(entry) {
                return None;
            }
        }
        if self.revoked_again.contains(&id) {
            past.key.revocation = None;
        }
        let is_made = |entry: &AuditEntry| match entry.action.as_str() {
            "key.created" => entry.key_id == Some(id),
            "key.rotated" | "key.replaced" => entry.related_key_id == Some(id),
            _ => false,
        };
        let was_there = entries.iter().any(is_made) || self.was_imported(id);
        was_there.then_some(past)
    }

    /// Whether a key that came by an import was there.
    fn was_imported(&self, id: i64) -> bool {
        let is_in = |(first, last): &(i64, i64)| (*first..=*last).contains(&id);
        if self.as_of.entry == 0 || self.imported_since.iter().any(is_in) {
            return false;
        }
        // Imports of earlier versions don't say which keys they brought, but numbers rise.
        !self.has_vague_imports || id < self.newest_then
    }

    fn lets_through(&self, past: &PastKey, filter: &PastFilter) -> bool {
        let state = match self.was_archived {
            true => KeyState::Revoked,
            false => past.state(self.as_of.end),
        };
        let carries = |scope: &String| {
            let mut names = past.key.scopes.iter();
            names.any(|name| name == scope || name == EVERY_SCOPE)
        };
        filter.state.is_none_or(|wanted| wanted == state)
            && filter.scope.as_ref().is_none_or(carries)
            && filter
                .owner
                .as_ref()
                .is_none_or(|owner| past.key.owner.as_ref() == Some(owner))
    }
}

/// The highest number of a key of `project` that an entry up to then made.
fn newest_by(op: &mut Op, project: &Project, as_of: &AsOf) -> Result<i64, DomainError> {
    let made = past::of_actions(
        op.conn(),
        &["key.created", "key.rotated", "key.replaced"],
        Some(project.id),
    )?;
    let made = made.iter().filter(|entry| entry.id <= as_of.entry);
    let ids = made.filter_map(|entry| entry.related_key_id.or(entry.key_id));
    Ok(ids.max().unwrap_or(0))
}

/// The first and the last key of an import.
fn numbers(entry: &AuditEntry) -> Option<(i64, i64)> {
    let details = details(entry);
    let number = |name: &str| details.get(name)?.as_i64();
    number("first_key_id").zip(number("last_key_id"))
}

fn details(entry: &AuditEntry) -> Map<String, Value> {
    serde_json::from_str(&entry.details).unwrap_or_default()
}
