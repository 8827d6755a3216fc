//! Create a key.

use keyward_key::{Environment, PlainKey};

use super::draft::{KeyDraft, Rules};
use super::write::{details, write};
use crate::access::Action;
use crate::db::reveals::Of;
use crate::db::{Ending, Tx, keys, scopes, users};
use crate::domain::archived::{require_open, reread_open};
use crate::domain::reveal::{Minted, MintedKey, Reveal};
use crate::domain::{DomainError, FieldError, Op, idempotency, projects};
use crate::json::KeyJson;
use crate::records::{KeyTerms, Project, Scope};

/// The data for the form that creates a key.
pub struct MintForm {
    /// The project that the key will belong to.
    pub project: Project,
    /// The scopes to choose from.
    pub catalogue: Vec<Scope>,
    /// The emails of those who can answer for the key.
    pub answerable: Vec<String>,
}

/// The data for the form that creates a key in the project with this slug.
///
/// # Errors
/// The actor may not create keys there, or the project is archived.
pub fn mint_form(op: &mut Op, project: &str) -> Result<MintForm, DomainError> {
    op.prepare(|op| {
        let project = projects::find(op, project)?;
        op.allow(Action::MintKeys, &project)?;
        require_open(&project)?;
        let catalogue = scopes::of_project(op.conn(), project.id)?;
        let answerable = users::answerable(op.conn(), project.id)?;
        Ok(MintForm {
            project,
            catalogue,
            answerable,
        })
    })
}

/// Mints a key in `project` whose secret can be revealed once in the session `session_id`.
///
/// # Errors
/// The actor is not allowed to, the project is archived, or fields are wrong.
pub fn mint(
    op: &mut Op,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
    session_id: &str,
) -> Result<Minted, DomainError> {
    let reveal = Reveal::in_session(session_id)?;
    let secret = project.key_format().generate(environment)?;
    let minted = mint_with(op, project, environment, draft, secret, |tx, id, secret| {
        reveal.store(tx, Of::Key(id), secret)
    })?;
    Ok(reveal.minted(minted.key.id))
}

/// Mints a key in `project` and returns its secret, which is not available again.
///
/// # Errors
/// As for [`mint`].
pub fn mint_at_once(
    op: &mut Op,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
) -> Result<MintedKey, DomainError> {
    let secret = project.key_format().generate(environment)?;
    mint_made_up(op, project, environment, draft, secret)
}

/// Mints a key in `project` with a secret that is known beforehand: one that was just generated, or
/// that of made-up data.
///
/// # Errors
/// As for [`mint`].
pub fn mint_made_up(
    op: &mut Op,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
    secret: PlainKey,
) -> Result<MintedKey, DomainError> {
    mint_with(op, project, environment, draft, secret, |_, _, _| Ok(()))
}

fn mint_with(
    op: &mut Op,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
    secret: PlainKey,
    hand_over: impl FnOnce(&mut Tx, i64, &PlainKey) -> Result<(), DomainError>,
) -> Result<MintedKey, DomainError> {
    let permit = op.require(Action::MintKeys, project)?;
    let call = op.call();
    op.change(permit, |tx| {
        let now = tx.now();
        let project = &reread_open(tx.conn(), project)?;
        let terms = check(tx, project, environment, draft)?;
        let written = write(tx, project, environment, &terms, &secret, None)?;
        hand_over(tx, written.id, &secret)?;
        let key = keys::by_id(tx.conn(), project.id, written.id)?.ok_or(DomainError::NotFound)?;
        idempotency::remember(tx, call.as_ref(), &KeyJson::new(&key, project, now))?;
        let mut entry = tx.key_entry("key.created", &key);
        entry
            .details
            .extend(details(&written.prefix, environment, &terms));
        Ok(Ending::Done(MintedKey { key, secret }, entry))
    })
}

fn check(
    tx: &mut Tx,
    project: &Project,
    environment: Environment,
    draft: &KeyDraft,
) -> Result<KeyTerms, DomainError> {
    let catalogue = scopes::of_project(tx.conn(), project.id)?;
    let answerable = users::answerable(tx.conn(), project.id)?;
    let creator = tx.actor().id().map(|_| tx.actor().name().to_owned());
    let rules = Rules {
        catalogue: &catalogue,
        max_lifetime_days: project.max_lifetime_days,
        answerable: &answerable,
        creator: creator.as_deref(),
        key: None,
    };
    let mut errors = Vec::new();
    if !project.has(environment) {
        let detail = "This project has no test environment.";
        errors.push(FieldError::new("environment", detail));
    }
    match draft.check(&rules, tx.now()) {
        Ok(terms) if errors.is_empty() => Ok(terms),
        checked => {
            errors.extend(checked.err().unwrap_or_default());
            Err(DomainError::Invalid(errors))
        }
    }
}
