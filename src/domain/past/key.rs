//! One key as it was, and what made it so.

use std::collections::BTreeMap;

use serde_json::Value;

use super::as_of::AsOf;
use super::keys::Log;
use super::undo::PastKey;
use crate::access::Action;
use crate::db::audit_log::past;
use crate::db::keys;
use crate::domain::{DomainError, Op};
use crate::records::{AuditEntry, Project};

/// By the name of a field: the entry that made it what it was.
pub type Origins = BTreeMap<String, AuditEntry>;

/// A key as it was.
#[derive(Debug)]
pub struct KeyThen {
    /// The key.
    pub past: PastKey,
    /// Whether its project was archived by then, which ended it.
    pub was_archived: bool,
    /// What made its fields what they were; `state` for the revocation. What no entry changed is as it
    /// was made, for which `made` is the entry; a key that came by an import has none.
    pub origins: Origins,
}

/// The key `id` of `project` as it was.
///
/// # Errors
/// The actor may not look at the past of the project, or the key was not there.
pub fn key(op: &mut Op, project: &Project, id: i64, as_of: &AsOf) -> Result<KeyThen, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    op.allow(Action::ExportAudit, project)?;
    let now = keys::by_id(op.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
    let log = Log::read(op, project, as_of)?;
    let entries = past::about_keys(op.conn(), &[id])?;
    let past = log.before(now, &entries).ok_or(DomainError::NotFound)?;
    let mut origins = Origins::new();
    // The newest first, which stays.
    for entry in entries.iter().filter(|entry| entry.id <= as_of.entry) {
        for field in made_by(entry, id) {
            origins.entry(field).or_insert_with(|| entry.clone());
        }
    }
    Ok(KeyThen {
        past,
        was_archived: log.was_archived,
        origins,
    })
}

/// The fields of the key `id` that an entry wrote.
fn made_by(entry: &AuditEntry, id: i64) -> Vec<String> {
    let is_own = entry.key_id == Some(id);
    match entry.action.as_str() {
        "key.created" if is_own => vec!["made".into()],
        "key.rotated" | "key.replaced" if is_own => vec!["expires_at".into()],
        "key.rotated" | "key.replaced" => vec!["made".into()],
        "key.revoked" => vec!["state".into()],
        "key.edited" => {
            let details: Value = serde_json::from_str(&entry.details).unwrap_or_default();
            let changes = details.get("changes").and_then(Value::as_object);
            changes
                .map(|all| all.keys().cloned().collect())
                .unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
