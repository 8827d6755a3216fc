//! Mint a key.

use serde_json::{Value, json};
use time::Duration;

use super::draft::KeyDraft;
use super::policy::{self, Action};
use super::seal::SealKey;
use super::{Actor, DomainError};
use crate::clock::{UtcTime, rfc3339};
use crate::db::keys::{self, KeyTerms, NewKey};
use crate::db::projects::Project;
use crate::db::{Connection, Tx, change, reveals, scopes};
use crate::key::{Environment, PlainKey, RateLimit};

/// How long a new secret waits for its one showing, and how long that showing lasts.
pub const REVEAL_TIME: Duration = Duration::minutes(5);

/// A key that waits for its reveal.
#[derive(Debug)]
pub struct Minted {
    pub id: i64,
    /// Opens the secret, in the session that asked for it.
    pub seal_key: SealKey,
}

/// Mints a key in `project` whose secret can be revealed once in the session `session_id`.
///
/// # Errors
/// The actor may not, or fields are wrong.
pub fn mint_key(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
    session_id: &str,
    now: UtcTime,
) -> Result<Minted, DomainError> {
    policy::require(actor, Action::MintKeys, Some(project.id))?;
    let catalogue = scopes::of_project(conn, project.id)?;
    let terms = draft
        .check(&catalogue, None, now)
        .map_err(DomainError::Invalid)?;
    let secret = project.key_format().generate(environment)?;
    let seal_key = SealKey::generate()?;
    change(conn, |tx| {
        let written = write(tx, actor, project, environment, &terms, &secret, None, now)?;
        lay_down(tx, &seal_key, &secret, written.id, session_id, now)?;
        let mut entry = actor.entry("key.created", &terms.label, now);
        entry.project_id = Some(project.id);
        entry.key_id = Some(written.id);
        entry.details = details(&written.prefix, environment, &terms);
        Ok((
            Minted {
                id: written.id,
                seal_key,
            },
            entry,
        ))
    })
}

/// A key that was written.
pub(super) struct Written {
    pub id: i64,
    pub prefix: String,
}

/// Writes a key with this secret.
#[allow(clippy::too_many_arguments)]
pub(super) fn write(
    tx: &mut Tx,
    actor: &Actor,
    project: &Project,
    environment: Environment,
    terms: &KeyTerms,
    secret: &PlainKey,
    replaces: Option<i64>,
    now: UtcTime,
) -> Result<Written, DomainError> {
    let prefix = project.key_format().prefix(secret, environment);
    let new = NewKey {
        project_id: project.id,
        digest: secret.digest(),
        prefix: &prefix,
        environment,
        terms,
        created_by: actor.name(),
        replaces,
    };
    Ok(Written {
        id: keys::insert(tx, &new, now)?,
        prefix,
    })
}

/// Lays the secret down, sealed, for its one showing.
pub(super) fn lay_down(
    tx: &mut Tx,
    seal_key: &SealKey,
    secret: &PlainKey,
    key_id: i64,
    session_id: &str,
    now: UtcTime,
) -> Result<(), DomainError> {
    let sealed = seal_key.seal(secret, key_id, session_id)?;
    reveals::insert(tx, key_id, session_id, &sealed, now + REVEAL_TIME)?;
    Ok(())
}

/// What the audit log says of a rate limit.
pub(super) fn limit_json(limit: Option<RateLimit>) -> Value {
    limit.map_or(
        Value::Null,
        |limit| json!({"requests": limit.requests, "seconds": limit.seconds}),
    )
}

/// What the audit log says of a new key.
pub(super) fn details(
    prefix: &str,
    environment: Environment,
    terms: &KeyTerms,
) -> serde_json::Map<String, Value> {
    let Value::Object(details) = json!({
        "key_prefix": prefix,
        "environment": environment.as_str(),
        "scopes": terms.scopes,
        "expires_at": terms.expires_at.map(rfc3339),
        "rate_limit": limit_json(terms.rate_limit),
        "allowed_ips": terms.allowed_ips.iter().map(ToString::to_string).collect::<Vec<_>>(),
    }) else {
        unreachable!("json! of braces is an object")
    };
    details
}
