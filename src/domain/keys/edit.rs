//! Edit a key's label, scopes, expiry and limits.

use keyward_key::Environment;
use serde_json::{Map, Value, json};

use super::draft::{KeyDraft, Rules};
use super::find;
use super::write::details;
use crate::access::Action;
use crate::db::{Ending, keys, scopes, users};
use crate::domain::archived::{require_open, reread_open};
use crate::domain::{DomainError, Op, Precondition, projects};
use crate::records::{Key, KeyTerms, Project, Scope};

/// The data for the form that edits a key.
pub struct EditForm {
    /// The key's project.
    pub project: Project,
    /// The key as it is.
    pub key: Key,
    /// The scopes to choose from.
    pub catalogue: Vec<Scope>,
    /// The emails of those who can answer for the key.
    pub answerable: Vec<String>,
}

/// The data for the form that edits the key `id` of the project with this slug.
///
/// # Errors
/// The actor may not edit it, there is no such key, it was revoked, or the project is archived.
pub fn edit_form(op: &mut Op, project: &str, id: i64) -> Result<EditForm, DomainError> {
    op.prepare(|op| {
        let project = projects::find(op, project)?;
        op.allow(Action::EditKeys, &project)?;
        require_open(&project)?;
        let key = find::read(op, &project, id)?;
        require_unrevoked(&key)?;
        let catalogue = scopes::of_project(op.conn(), project.id)?;
        let answerable = users::answerable(op.conn(), project.id)?;
        Ok(EditForm {
            project,
            key,
            catalogue,
            answerable,
        })
    })
}

/// Applies `draft` to the key `id`, and returns whether that changed anything.
///
/// # Errors
/// The actor is not allowed to, there is no such key, fields are wrong, the key was revoked or does
/// not match `still`, or the project is archived.
pub fn edit(
    op: &mut Op,
    project: &Project,
    id: i64,
    still: &Precondition<Key>,
    draft: impl FnOnce(&Key) -> KeyDraft,
) -> Result<bool, DomainError> {
    let permit = op.require(Action::EditKeys, project)?;
    op.change(permit, |tx| {
        let now = tx.now();
        let project = reread_open(tx.conn(), project)?;
        let catalogue = scopes::of_project(tx.conn(), project.id)?;
        let answerable = users::answerable(tx.conn(), project.id)?;
        let key = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        require_unrevoked(&key)?;
        still.check(Some(&key))?;
        let rules = Rules {
            catalogue: &catalogue,
            max_lifetime_days: project.max_lifetime_days,
            answerable: &answerable,
            creator: None,
            key: Some(&key),
        };
        let before = KeyTerms::from(&key);
        let after = draft(&key)
            .check(&rules, now)
            .map_err(DomainError::Invalid)?;
        if after == before {
            return Ok(Ending::Unchanged(false));
        }
        keys::update(tx, &key, &after)?;
        let changes = changes(&key.prefix, key.environment, &before, &after);
        let entry = tx.key_entry("key.edited", &key).with("changes", changes);
        Ok(Ending::Done(true, entry))
    })
}

fn require_unrevoked(key: &Key) -> Result<(), DomainError> {
    match key.revocation {
        None => Ok(()),
        Some(_) => Err(DomainError::Conflict(
            "A revoked key can't be edited.".into(),
        )),
    }
}

/// What changed: each name with its old and new value.
fn changes(prefix: &str, environment: Environment, before: &KeyTerms, after: &KeyTerms) -> Value {
    let mut changes = Map::new();
    if before.label != after.label {
        changes.insert("label".into(), json!([before.label, after.label]));
    }
    let now = details(prefix, environment, after);
    for (name, was) in details(prefix, environment, before) {
        if now.get(&name) != Some(&was) {
            let is = now.get(&name).cloned().unwrap_or_default();
            changes.insert(name, json!([was, is]));
        }
    }
    Value::Object(changes)
}
