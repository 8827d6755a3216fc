//! Edit a key's label, scopes, expiry and limits.

use serde_json::{Map, Value, json};

use super::archive_project::present;
use super::draft::{KeyDraft, Rules};
use super::mint_key::details;
use super::policy::{self, Action};
use super::precondition::Precondition;
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::keys::{self, KeyTerms};
use crate::db::projects::Project;
use crate::db::{AnyConnection, Connection, change, instances, scopes};
use crate::key::{Environment, Key};

/// Writes what `draft` makes of the key `id` over it, and tells whether that changed anything.
///
/// # Errors
/// The actor may not, there is no such key, fields are wrong, the key was revoked or is not
/// `still` as expected, or the project is archived.
pub fn edit_key(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    id: i64,
    still: &Precondition<Key>,
    draft: impl Fn(&Key) -> KeyDraft,
    now: UtcTime,
) -> Result<bool, DomainError> {
    policy::require(actor, Action::EditKeys, Some(project.id))?;
    let checked = |conn: &mut AnyConnection| -> Result<(Key, KeyTerms), DomainError> {
        let project = present(conn, project)?;
        let catalogue = scopes::of_project(conn, project.id)?;
        let key = keys::by_id(conn, project.id, id)?.ok_or(DomainError::NotFound)?;
        if key.revocation.is_some() {
            return Err(DomainError::Conflict(
                "A revoked key can't be edited.".into(),
            ));
        }
        still.check(Some(&key))?;
        let rules = Rules {
            catalogue: &catalogue,
            max_lifetime_days: project.max_lifetime_days,
            key: Some(&key),
        };
        let after = draft(&key)
            .check(&rules, now)
            .map_err(DomainError::Invalid)?;
        Ok((key, after))
    };
    let (key, after) = checked(conn)?;
    if after == KeyTerms::from(&key) {
        // Whoever wrote it so may have been cut off before every instance knew.
        instances::settle_committed(conn)?;
        return Ok(false);
    }
    change(conn, |tx| {
        // Again, now that nobody can come between.
        let (key, after) = checked(tx.conn())?;
        keys::update(tx, &key, &after)?;
        let mut entry = actor.key_entry("key.edited", &key, now);
        let changes = changes(&key.prefix, key.environment, &KeyTerms::from(&key), &after);
        entry.details.insert("changes".into(), changes);
        Ok((true, entry))
    })
}

/// What changed, each as what it was and what it is.
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
