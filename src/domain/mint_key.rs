//! Mint a key.

use serde_json::{Value, json};

use super::archive_project::require_open;
use super::draft::{KeyDraft, Rules};
use super::policy::{self, Action};
use super::reveal::{Minted, MintedAtOnce, MintedKey, lay_down};
use super::seal::SealKey;
use super::{Actor, DomainError};
use crate::clock::{UtcTime, rfc3339};
use crate::db::keys::{self, KeyTerms, NewKey};
use crate::db::projects::Project;
use crate::db::reveals::Of;
use crate::db::{Connection, Tx, change, scopes};
use crate::key::{Environment, PlainKey, RateLimit};

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
        id: minted.id,
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
    let minted = mint(conn, actor, project, environment, draft, now, |_, _, _| {
        Ok(())
    })?;
    with_record(conn, project, minted)
}

/// What was just minted, with everything that is kept of it.
pub(super) fn with_record(
    conn: &mut Connection,
    project: &Project,
    minted: MintedAtOnce,
) -> Result<MintedKey, DomainError> {
    let key = keys::by_id(conn, project.id, minted.id)?.ok_or(DomainError::NotFound)?;
    Ok(MintedKey {
        key,
        secret: minted.secret,
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
) -> Result<MintedAtOnce, DomainError> {
    policy::require(actor, Action::MintKeys, Some(project.id))?;
    require_open(project)?;
    let catalogue = scopes::of_project(conn, project.id)?;
    let rules = Rules {
        catalogue: &catalogue,
        max_lifetime_days: project.max_lifetime_days,
        key: None,
    };
    let terms = draft.check(&rules, now);
    let terms = match project.has(environment) {
        true => terms.map_err(DomainError::Invalid)?,
        false => {
            let mut errors = terms.err().unwrap_or_default();
            errors.push(super::FieldError::new(
                "environment",
                "This project has no test environment.",
            ));
            return Err(DomainError::Invalid(errors));
        }
    };
    let secret = project.key_format().generate(environment)?;
    change(conn, |tx| {
        let written = write(tx, actor, project, environment, &terms, &secret, None, now)?;
        hand_over(tx, written.id, &secret)?;
        let mut entry = actor.entry("key.created", &terms.label, now);
        entry.project_id = Some(project.id);
        entry.key_id = Some(written.id);
        entry
            .details
            .extend(details(&written.prefix, environment, &terms));
        let id = written.id;
        Ok((MintedAtOnce { id, secret }, entry))
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
