//! Mint a key.

use serde_json::{Value, json};

use super::archive_project::{present, require_open};
use super::draft::{KeyDraft, Rules};
use super::policy::{self, Action};
use super::reveal::{Minted, MintedKey, lay_down};
use super::seal::SealKey;
use super::{Actor, DomainError, FieldError};
use crate::clock::{UtcTime, rfc3339};
use crate::db::audit::AuditEntry;
use crate::db::keys::{self, KeyTerms, NewKey};
use crate::db::projects::Project;
use crate::db::reveals::Of;
use crate::db::{AnyConnection, Connection, Tx, change, scopes};
use crate::key::{Environment, Key, PlainKey, RateLimit};

/// Mints a key in `project` whose secret can be revealed once in the session `session_id`.
///
/// # Errors
/// The actor may not, the project is archived, or fields are wrong.
pub fn mint_key(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
    session_id: &str,
    now: UtcTime,
) -> Result<Minted, DomainError> {
    let seal_key = SealKey::generate()?;
    let lay_down = |tx: &mut Tx, id, secret: &PlainKey| {
        lay_down(tx, Of::Key(id), &seal_key, secret, session_id, now)
    };
    let minted = mint(conn, actor, project, environment, draft, now, lay_down)?;
    Ok(Minted {
        id: minted.key.id,
        seal_key,
    })
}

/// Mints a key in `project` and hands its secret to the caller, the only time there is.
///
/// # Errors
/// As for [`mint_key`].
pub fn mint_key_at_once(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
    now: UtcTime,
) -> Result<MintedKey, DomainError> {
    mint(conn, actor, project, environment, draft, now, |_, _, _| {
        Ok(())
    })
}

fn mint(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
    now: UtcTime,
    hand_over: impl FnOnce(&mut Tx, i64, &PlainKey) -> Result<(), DomainError>,
) -> Result<MintedKey, DomainError> {
    policy::require(actor, Action::MintKeys, Some(project.id))?;
    require_open(project)?;
    check(conn, project, environment, draft, now)?;
    change(conn, |tx| {
        // Again, now that nobody can come between.
        let project = &present(tx.conn(), project)?;
        let terms = check(tx.conn(), project, environment, draft, now)?;
        let secret = project.key_format().generate(environment)?;
        let written = write(tx, actor, project, environment, &terms, &secret, None, now)?;
        hand_over(tx, written.id, &secret)?;
        let key = keys::by_id(tx.conn(), project.id, written.id)?.ok_or(DomainError::NotFound)?;
        let mut entry = actor.key_entry("key.created", &key, now);
        entry
            .details
            .extend(details(&written.prefix, environment, &terms));
        Ok((MintedKey { key, secret }, entry))
    })
}

fn check(
    conn: &mut AnyConnection,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
    now: UtcTime,
) -> Result<KeyTerms, DomainError> {
    let catalogue = scopes::of_project(conn, project.id)?;
    let rules = Rules {
        catalogue: &catalogue,
        max_lifetime_days: project.max_lifetime_days,
        key: None,
    };
    let mut errors = Vec::new();
    if !project.has(environment) {
        let detail = "This project has no test environment.";
        errors.push(FieldError::new("environment", detail));
    }
    match draft.check(&rules, now) {
        Ok(terms) if errors.is_empty() => Ok(terms),
        checked => {
            errors.extend(checked.err().unwrap_or_default());
            Err(DomainError::Invalid(errors))
        }
    }
}

/// A key that was written.
struct Written {
    id: i64,
    prefix: String,
}

/// Writes a key with this secret.
#[allow(clippy::too_many_arguments)]
fn write(
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

/// Mints a key that takes the place of `old`, and the entry that says so.
pub(super) fn write_successor(
    tx: &mut Tx,
    actor: &Actor,
    project: &Project,
    old: &Key,
    terms: &KeyTerms,
    action: &'static str,
    now: UtcTime,
) -> Result<(i64, PlainKey, AuditEntry), DomainError> {
    let (environment, replaces) = (old.environment, Some(old.id));
    let secret = project.key_format().generate(environment)?;
    let new = write(
        tx,
        actor,
        project,
        environment,
        terms,
        &secret,
        replaces,
        now,
    )?;
    let mut entry = actor.key_entry(action, old, now);
    entry.related_key_id = Some(new.id);
    entry
        .details
        .extend(details(&new.prefix, environment, terms));
    entry
        .details
        .insert("replaced_prefix".into(), old.prefix.clone().into());
    Ok((new.id, secret, entry))
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
