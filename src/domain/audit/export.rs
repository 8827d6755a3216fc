//! Export the audit log: as CSV for people, or as JSON Lines that verify offline. An export is made
//! piece by piece, so that it needs no memory to speak of, however long it is.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use base16ct::lower as hex;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::Asked;
use super::chain::note::Signer;
use super::chain::{Around, ExportEnd, ExportHeader, ExportLine, Statement, export_origin};
use super::read::within_reach;
use crate::access::Action;
use crate::clock::{UtcTime, rfc3339};
use crate::db::audit_log::{self, AuditFilter};
use crate::db::{AnyConnection, NewEntry, checkpoints};
use crate::domain::files::{FileFormat, Pieces, csv_lines, internal, json_line};
use crate::domain::{DomainError, Op, projects};
use crate::records::ChainedEntry;
use crate::records::audit::NO_HASH;

/// How many numbers of entries one step goes through.
const STEP: i64 = 2_000;
/// How many steps without an entry are taken at once.
const EMPTY_STEPS: usize = 8;

/// An export that is being made.
pub struct Export {
    format: FileFormat,
    filter: AuditFilter,
    signer: Arc<Signer>,
    /// Slugs of projects by their ids.
    slugs: HashMap<i64, String>,
    /// The entry before the first one.
    begin: i64,
    next: i64,
    last: i64,
    entries: u64,
    digest: Sha256,
    /// What comes before the first entry, until it was given out.
    head: Option<Vec<u8>>,
    is_over: bool,
}

/// Begins an export of what is asked for and the actor may export, and writes that into the audit log.
/// It ends with this very entry.
///
/// # Errors
/// The actor may not export any project's log, or the filter can't be understood.
pub fn export(
    op: &mut Op,
    asked: &Asked,
    format: FileFormat,
    signer: Arc<Signer>,
) -> Result<Export, DomainError> {
    let projects = projects::list(op)?;
    let filter = within_reach(op.actor(), Action::ExportAudit, AuditFilter::default())?;
    let reach = filter.projects;
    let filter = asked.filter(&projects).map_err(DomainError::Invalid)?;
    let filter = within_reach(op.actor(), Action::ExportAudit, filter)?;
    let is_whole = filter == AuditFilter::everything();
    let mut said: BTreeMap<String, String> = asked
        .fields()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    match is_whole {
        true => said.clear(),
        false if asked.action.is_empty() => {
            said.insert("action".into(), "all but sign-ins".into());
        }
        false => {}
    }
    if let Some(reach) = reach.filter(|_| asked.project.is_empty()) {
        let own = projects
            .iter()
            .filter(|project| reach.contains(&project.id));
        let own: Vec<&str> = own.map(|project| project.slug.as_str()).collect();
        said.insert("project".into(), own.join(", "));
    }
    let written: serde_json::Map<String, Value> = said
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    let place = filter.projects.as_deref();
    let place = place.and_then(|projects| match projects {
        [only] => Some(*only),
        _ => None,
    });
    let entry = NewEntry::new(op.actor(), op.now(), "audit.exported", "the audit log")
        .in_project(place)
        .with("format", format.to_string())
        .with("filter", written);
    op.note(entry)?;

    let extent = audit_log::extent(op.conn())?;
    let (begin, hash) = match checkpoints::cut(op.conn())? {
        Some(cut) => (cut.entry, cut.hash),
        None => (0, NO_HASH.to_vec()),
    };
    let header = ExportHeader {
        log: signer.public().name().to_owned(),
        exported_at: rfc3339(op.now()),
        exported_by: op.actor().name().to_owned(),
        filter: said,
        after: begin,
        after_hash: hex::encode_string(&hash),
    };
    let head = match format {
        FileFormat::Jsonl => json_line(&Around::Export(header))?,
        FileFormat::Csv => csv_lines([COLUMNS.map(str::to_owned)])?,
    };
    Ok(Export {
        format,
        filter,
        signer,
        slugs: projects
            .into_iter()
            .map(|project| (project.id, project.slug))
            .collect(),
        begin,
        next: begin + 1,
        last: extent.head.entry,
        entries: 0,
        digest: Sha256::new(),
        head: Some(head),
        is_over: false,
    })
}

impl Pieces for Export {
    /// The last piece of JSON Lines is signed, so nothing that breaks off can be taken for the whole.
    fn next(&mut self, op: &mut Op) -> Result<Option<Vec<u8>>, DomainError> {
        if let Some(head) = self.head.take() {
            self.digest.update(&head);
            return Ok(Some(head));
        }
        // Roles may have changed meanwhile.
        let filter = within_reach(op.actor(), Action::ExportAudit, self.filter.clone())?;
        if filter != self.filter {
            return Err(DomainError::NoLonger);
        }
        for _ in 0..EMPTY_STEPS {
            if self.next > self.last {
                break;
            }
            let until = self.last.min(self.next + STEP - 1);
            let piece = self.stretch(op.conn(), until)?;
            self.next = until + 1;
            if !piece.is_empty() {
                self.digest.update(&piece);
                return Ok(Some(piece));
            }
        }
        match self.next > self.last {
            true => self.end(op.now()),
            false => Ok(Some(Vec::new())),
        }
    }

    fn progress(&self) -> (u64, u64) {
        let done = self.next - 1 - self.begin;
        let percent = match self.last - self.begin {
            ..=0 => 100,
            total => 100 * done / total,
        };
        (self.entries, u64::try_from(percent).unwrap_or(0))
    }
}

impl Export {
    fn stretch(&mut self, conn: &mut AnyConnection, until: i64) -> Result<Vec<u8>, DomainError> {
        let found = audit_log::stretch(conn, &self.filter, self.next, until)?;
        self.entries += found.len() as u64;
        match self.format {
            FileFormat::Csv => csv_lines(found.into_iter().map(|entry| self.row(entry))),
            FileFormat::Jsonl => {
                let mut piece = Vec::new();
                for entry in found {
                    piece.extend(self.line(&entry)?);
                }
                Ok(piece)
            }
        }
    }

    fn line(&self, chained: &ChainedEntry) -> Result<Vec<u8>, DomainError> {
        let json = String::from_utf8(chained.entry.json()).map_err(internal)?;
        let json = RawValue::from_string(json).map_err(internal)?;
        json_line(&ExportLine {
            entry: &json,
            project: self.slug(chained).map(Into::into),
            previous_hash: hex::encode_string(&chained.previous_hash).into(),
            hash: hex::encode_string(&chained.hash).into(),
        })
    }

    fn slug(&self, chained: &ChainedEntry) -> Option<&str> {
        let project = chained.entry.project_id?;
        self.slugs.get(&project).map(String::as_str)
    }

    fn row(&self, chained: ChainedEntry) -> [String; COLUMNS.len()] {
        let project = self.slug(&chained).unwrap_or_default().to_owned();
        let entry = chained.entry;
        let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        [
            entry.id.to_string(),
            rfc3339(entry.at),
            entry.actor,
            number(entry.actor_id),
            entry.action,
            entry.subject,
            project,
            number(entry.key_id),
            number(entry.related_key_id),
            entry.client_ip.unwrap_or_default(),
            entry.user_agent.unwrap_or_default(),
            entry.request_id.unwrap_or_default(),
            entry.details,
            hex::encode_string(&chained.hash),
        ]
    }

    fn end(&mut self, at: UtcTime) -> Result<Option<Vec<u8>>, DomainError> {
        if self.is_over || self.format == FileFormat::Csv {
            return Ok(None);
        }
        self.is_over = true;
        let statement = Statement {
            origin: export_origin(self.signer.public()),
            entries: i64::try_from(self.entries).unwrap_or(i64::MAX),
            hash: self.digest.clone().finalize().to_vec(),
            at,
            remark: None,
        };
        json_line(&Around::End(ExportEnd {
            entries: self.entries,
            note: self.signer.sign(&statement.text()),
        }))
        .map(Some)
    }
}

/// The columns of a CSV file.
const COLUMNS: [&str; 14] = [
    "entry",
    "time",
    "actor",
    "actor_id",
    "action",
    "target",
    "project",
    "key_id",
    "related_key_id",
    "address",
    "user_agent",
    "request_id",
    "details",
    "hash",
];
