//! Create a personal token: a person's own bearer token for the management API.

use keyward_key::{Environment, KeyFormat, PlainKey, format};
use time::Duration;

use crate::access::Action;
use crate::clock::{UtcTime, rfc3339};
use crate::db::reveals::Of;
use crate::db::tokens::{self, NewToken};
use crate::db::{Ending, Tx, projects};
use crate::domain::reveal::{Minted, Reveal};
use crate::domain::{DomainError, FieldError, Op, idempotency, text};
use crate::json::TokenJson;
use crate::records::{Project, Token};

/// A requested personal token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenDraft {
    /// What its owner calls it.
    pub description: String,
    /// When it expires; required.
    pub expires_at: Option<UtcTime>,
    /// Names of permissions; see [`Action::permission`].
    pub permissions: Vec<String>,
    /// The slug of the only project it is valid in; `None` for all.
    pub project: Option<String>,
    /// Fields that could not be parsed. The check fails with these and any other errors.
    pub unreadable: Vec<FieldError>,
}

/// A new token with its secret, for programs, which have no session.
#[derive(Debug)]
pub struct MintedToken {
    /// The token.
    pub token: Token,
    /// Its secret.
    pub secret: PlainKey,
}

struct Checked {
    description: String,
    expires_at: UtcTime,
    permissions: String,
    project: Option<Project>,
}

/// Creates a token whose secret can be revealed once in the session `session_id`. It can live for
/// `max_days` at most.
///
/// # Errors
/// The actor uses a personal token, or fields are wrong.
pub fn create(
    op: &mut Op,
    draft: &TokenDraft,
    max_days: u16,
    session_id: &str,
) -> Result<Minted, DomainError> {
    let reveal = Reveal::in_session(session_id)?;
    let minted = create_with(op, draft, max_days, |tx, id, secret| {
        reveal.store(tx, Of::Token(id), secret)
    })?;
    Ok(reveal.minted(minted.token.id))
}

/// Like [`create`], but returns the secret, which is not available again.
///
/// # Errors
/// As for [`create`].
pub fn create_at_once(
    op: &mut Op,
    draft: &TokenDraft,
    max_days: u16,
) -> Result<MintedToken, DomainError> {
    create_with(op, draft, max_days, |_, _, _| Ok(()))
}

fn create_with(
    op: &mut Op,
    draft: &TokenDraft,
    max_days: u16,
    hand_over: impl FnOnce(&mut Tx, i64, &PlainKey) -> Result<(), DomainError>,
) -> Result<MintedToken, DomainError> {
    if op.actor().token().is_some() {
        let message = "A personal token can't create personal tokens.";
        return Err(DomainError::TokenCant(message));
    }
    let permit = op.require_own()?;
    let checked = check(op, draft, max_days)?;
    let format = KeyFormat {
        start: format::TOKEN_START.into(),
        environment_segment: false,
    };
    let secret = format.generate(Environment::Live)?;
    let prefix = format.prefix(&secret, Environment::Live);
    let call = op.call();
    op.change(permit, |tx| {
        let user_id = permit.user_id();
        let project_id = checked.project.as_ref().map(|project| project.id);
        let new = NewToken {
            user_id,
            digest: secret.digest(),
            prefix: &prefix,
            description: &checked.description,
            permissions: &checked.permissions,
            project_id,
            expires_at: checked.expires_at,
        };
        let id = tokens::insert(tx, &new)?;
        hand_over(tx, id, &secret)?;
        let token = tokens::by_id(tx.conn(), user_id, id)?.ok_or(DomainError::NotFound)?;
        let project = checked.project.as_slice();
        let record = TokenJson::new(&token, project, tx.now());
        idempotency::remember(tx, call.as_ref(), &record)?;
        let entry = tx
            .entry("token.created", &checked.description)
            .in_project(project_id)
            .with("token_prefix", prefix.as_str())
            .with("permissions", checked.permissions.as_str())
            .with("expires_at", rfc3339(checked.expires_at));
        Ok(Ending::Done(MintedToken { token, secret }, entry))
    })
}

fn check(op: &mut Op, draft: &TokenDraft, max_days: u16) -> Result<Checked, DomainError> {
    let (actor, now) = (op.actor(), op.now());
    let mut errors = draft.unreadable.clone();
    let description = text::tidy(&draft.description).unwrap_or_else(|detail| {
        errors.push(FieldError::new("description", detail));
        String::new()
    });
    let latest = now + Duration::days(max_days.into());
    let expires_at = match draft.expires_at {
        Some(expiry) if expiry > now && expiry <= latest => Some(expiry),
        _ => {
            let detail = format!("Choose a time in the future, at most {max_days} days from now.");
            errors.push(FieldError::new("expires_at", detail));
            None
        }
    };
    let mut chosen: Vec<&'static str> = Vec::new();
    for name in &draft.permissions {
        match Action::from_permission(name) {
            Some(action) if actor.may_anywhere(action) => {
                if !chosen.contains(&action.permission()) {
                    chosen.push(action.permission());
                }
            }
            _ => {
                let shown: String = name.chars().take(50).collect();
                let detail = format!("You don't have the permission {shown}.");
                errors.push(FieldError::new("permissions", detail));
                break;
            }
        }
    }
    if draft.permissions.is_empty() {
        let detail = "Choose at least one permission.";
        errors.push(FieldError::new("permissions", detail));
    }
    let project = match &draft.project {
        None => None,
        Some(slug) => {
            let found = projects::by_slug(op.conn(), slug)?;
            let known = found.filter(|project| actor.knows(project.id));
            if known.is_none() {
                let shown: String = slug.chars().take(50).collect();
                let detail = format!("There is no project {shown}.");
                errors.push(FieldError::new("project", detail));
            }
            known
        }
    };
    match expires_at {
        Some(expires_at) if errors.is_empty() => Ok(Checked {
            description,
            expires_at,
            permissions: chosen.join(" "),
            project,
        }),
        _ => Err(DomainError::Invalid(errors)),
    }
}
