//! Export a list of keys, as CSV or JSON Lines.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::list::{Slice, list};
use crate::access::Action;
use crate::clock::{UtcTime, rfc3339};
use crate::db::NewEntry;
use crate::db::key_list::{KeyFilter, Order, Seek, SortBy};
use crate::domain::files::{FileFormat, Pieces, csv_lines, json_line};
use crate::domain::{DomainError, Op, projects};
use crate::json::KeyJson;
use crate::records::{Key, Project};

/// How many keys a piece has.
const AT_ONCE: usize = 500;

/// An export of keys that is being made: project by project, the oldest key first.
pub struct KeyExport {
    format: FileFormat,
    filter: KeyFilter,
    /// Those that are still to come, the current one first.
    projects: VecDeque<Project>,
    /// How many there were.
    all: usize,
    seek: Option<Seek>,
    keys: u64,
    /// What comes before the first key, until it was given out.
    head: Option<Vec<u8>>,
}

/// Begins an export of the keys that match `filter`, in the project with the slug `project` or, without
/// one, in all whose keys the actor may export, and writes that into the audit log. `asked` is the
/// filter as the log tells it.
///
/// # Errors
/// The actor may not export them.
pub fn export(
    op: &mut Op,
    project: Option<&str>,
    filter: KeyFilter,
    asked: &[(&str, &str)],
    format: FileFormat,
) -> Result<KeyExport, DomainError> {
    let (projects, subject, place) = match project {
        Some(slug) => {
            let project = projects::find(op, slug)?;
            op.allow(Action::ExportAudit, &project)?;
            let (name, id) = (project.name.clone(), project.id);
            (VecDeque::from([project]), name, Some(id))
        }
        None => (exportable(op)?, "all projects".to_owned(), None),
    };
    let said: Map<String, Value> = asked
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect();
    let entry = NewEntry::new(op.actor(), op.now(), "keys.exported", subject)
        .in_project(place)
        .with("format", format.to_string())
        .with("filter", said);
    op.note(entry)?;
    Ok(KeyExport {
        format,
        filter,
        all: projects.len(),
        projects,
        seek: None,
        keys: 0,
        head: match format {
            FileFormat::Csv => Some(csv_lines([COLUMNS.map(str::to_owned)])?),
            FileFormat::Jsonl => None,
        },
    })
}

/// The projects whose keys the actor may export.
fn exportable(op: &mut Op) -> Result<VecDeque<Project>, DomainError> {
    op.allow_anywhere(Action::ExportAudit)?;
    let mut all = projects::list(op)?;
    all.retain(|project| op.actor().may(Action::ExportAudit, Some(project.id)));
    Ok(all.into())
}

impl Pieces for KeyExport {
    fn next(&mut self, op: &mut Op) -> Result<Option<Vec<u8>>, DomainError> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        let Some(project) = self.projects.front() else {
            return Ok(None);
        };
        // Roles may have changed meanwhile.
        op.allow(Action::ExportAudit, project)?;
        let slice = Slice {
            order: Order {
                by: SortBy::Created,
                descending: false,
            },
            seek: self.seek.take(),
            skip: 0,
            limit: AT_ONCE,
        };
        let page = list(op, project, &self.filter, &slice)?;
        let piece = self.written(project, &page.keys, op.now())?;
        self.keys += page.keys.len() as u64;
        self.seek = page.next;
        if self.seek.is_none() {
            self.projects.pop_front();
        }
        Ok(Some(piece))
    }

    fn progress(&self) -> (u64, u64) {
        let done = self.all - self.projects.len();
        let percent = (100 * done).checked_div(self.all).unwrap_or(100);
        (self.keys, percent as u64)
    }
}

impl KeyExport {
    fn written(
        &self,
        project: &Project,
        keys: &[Key],
        now: UtcTime,
    ) -> Result<Vec<u8>, DomainError> {
        match self.format {
            FileFormat::Csv => csv_lines(keys.iter().map(|key| row(key, project, now))),
            FileFormat::Jsonl => {
                let mut piece = Vec::new();
                for key in keys {
                    piece.extend(json_line(&KeyJson::new(key, project, now))?);
                }
                Ok(piece)
            }
        }
    }
}

/// The columns of a CSV file, named as in JSON.
const COLUMNS: [&str; 22] = [
    "id",
    "name",
    "key_prefix",
    "project",
    "environment",
    "scopes",
    "consumer",
    "metadata",
    "owner",
    "state",
    "created_at",
    "created_by",
    "expires_at",
    "last_used_at",
    "last_used_ip",
    "rate_limit",
    "allowed_ips",
    "revoked_at",
    "revoked_by",
    "revoke_reason",
    "replaces",
    "replaced_by",
];

fn row(key: &Key, project: &Project, now: UtcTime) -> [String; COLUMNS.len()] {
    let time = |at: Option<UtcTime>| at.map(rfc3339).unwrap_or_default();
    let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    let networks: Vec<String> = key.allowed_ips.iter().map(ToString::to_string).collect();
    let (last, revoked) = (key.last_use.as_ref(), key.revocation.as_ref());
    let state = KeyJson::new(key, project, now).state();
    [
        key.id.to_string(),
        key.label.clone(),
        key.prefix.clone(),
        project.slug.clone(),
        key.environment.to_string(),
        key.scopes.join(" "),
        key.consumer.clone().unwrap_or_default(),
        match key.metadata.is_empty() {
            true => String::new(),
            false => Value::from(key.metadata.clone()).to_string(),
        },
        key.owner.clone().unwrap_or_default(),
        state.to_owned(),
        rfc3339(key.created_at),
        key.created_by.clone(),
        time(key.expires_at),
        time(last.map(|last| last.at)),
        last.and_then(|last| last.ip.clone()).unwrap_or_default(),
        key.rate_limit
            .map(|limit| format!("{} in {} s", limit.requests, limit.seconds))
            .unwrap_or_default(),
        networks.join(" "),
        time(revoked.map(|revoked| revoked.at)),
        revoked
            .map(|revoked| revoked.by.clone())
            .unwrap_or_default(),
        revoked
            .map(|revoked| revoked.reason.as_str().to_owned())
            .unwrap_or_default(),
        number(key.replaces),
        number(key.replaced_by),
    ]
}
