//! Write a new key, and describe it for the audit log.

use keyward_key::{Environment, PlainKey};
use serde_json::{Map, Value, json};

use crate::clock::rfc3339;
use crate::db::keys::{self, NewKey};
use crate::db::{NewEntry, Tx};
use crate::domain::{DomainError, rate_limit};
use crate::records::{Key, KeyTerms, Project};

/// A key that was written.
pub(super) struct Written {
    pub(super) id: i64,
    pub(super) prefix: String,
}

/// Writes a key with this secret, as the successor of the key `replaces` if there is one.
pub(super) fn write(
    tx: &mut Tx,
    project: &Project,
    environment: Environment,
    terms: &KeyTerms,
    secret: &PlainKey,
    replaces: Option<i64>,
) -> Result<Written, DomainError> {
    let prefix = project.key_format().prefix(secret, environment);
    let new = NewKey {
        project_id: project.id,
        digest: secret.digest(),
        prefix: &prefix,
        environment,
        terms,
        created_at: tx.now(),
        replaces,
    };
    Ok(Written {
        id: keys::insert(tx, &new)?,
        prefix,
    })
}

/// Writes a key with this secret that replaces `old`, and returns its id with its audit entry.
pub(super) fn write_successor(
    tx: &mut Tx,
    project: &Project,
    old: &Key,
    terms: &KeyTerms,
    secret: &PlainKey,
) -> Result<(i64, NewEntry), DomainError> {
    let environment = old.environment;
    let new = write(tx, project, environment, terms, secret, Some(old.id))?;
    let mut entry = tx.key_entry("key.rotated", old);
    entry.related_key_id = Some(new.id);
    entry
        .details
        .extend(details(&new.prefix, environment, terms));
    Ok((new.id, entry.with("replaced_prefix", old.prefix.as_str())))
}

/// What the audit log says about a new key.
pub(super) fn details(
    prefix: &str,
    environment: Environment,
    terms: &KeyTerms,
) -> Map<String, Value> {
    let networks = terms.allowed_ips.iter().map(ToString::to_string);
    Map::from_iter([
        ("key_prefix".to_owned(), json!(prefix)),
        ("environment".to_owned(), json!(environment.as_str())),
        ("scopes".to_owned(), json!(terms.scopes)),
        (
            "expires_at".to_owned(),
            json!(terms.expires_at.map(rfc3339)),
        ),
        (
            "rate_limit".to_owned(),
            rate_limit::to_json(terms.rate_limit),
        ),
        ("allowed_ips".to_owned(), networks.collect()),
        ("consumer".to_owned(), json!(terms.consumer)),
        ("owner".to_owned(), json!(terms.owner)),
        ("metadata".to_owned(), json!(terms.metadata)),
    ])
}
