//! Personal tokens: a person's own bearer tokens for the management API.

use time::Duration;

use super::actor::Proof;
use super::own_account::own_user;
use super::policy::{self, Action};
use super::reveal::{self, Minted, Revealed, lay_down};
use super::seal::SealKey;
use super::{Actor, DomainError, FieldError, Origin, text};
use crate::clock::{UtcTime, rfc3339};
use crate::db::reveals::{self, Of};
use crate::db::tokens::{self, NewToken, Token};
use crate::db::{AnyConnection, Connection, Tx, change, projects, upkeep, users};
use crate::key::{Environment, KeyDigest, KeyFormat, PlainKey, format};

/// A token's last use is written down at most this often.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// A token as somebody asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenDraft {
    pub description: String,
    pub expires_at: Option<UtcTime>,
    /// Names of permissions; see [`Action::permission`].
    pub permissions: Vec<String>,
    /// The slug of the one project it is bound to; without one it is for all.
    pub project: Option<String>,
}

/// A new token, and its secret at once: for programs, which have no session.
#[derive(Debug)]
pub struct MintedToken {
    pub token: Token,
    pub secret: PlainKey,
}

struct Checked {
    description: String,
    expires_at: UtcTime,
    permissions: String,
    project_id: Option<i64>,
}

/// Makes a token whose secret can be revealed once in the session `session_id`. It lives at
/// most `max_days`.
///
/// # Errors
/// They come with a token themselves, or fields are wrong.
pub fn create_token(
    conn: &mut Connection,
    actor: &Actor,
    draft: &TokenDraft,
    max_days: u16,
    session_id: &str,
    now: UtcTime,
) -> Result<Minted, DomainError> {
    let seal_key = SealKey::generate()?;
    let lay_down = |tx: &mut Tx, id, secret: &PlainKey| {
        lay_down(tx, Of::Token(id), &seal_key, secret, session_id, now)
    };
    let minted = create(conn, actor, draft, max_days, now, lay_down)?;
    Ok(Minted {
        id: minted.token.id,
        seal_key,
    })
}

/// The same, handing the secret to the caller, the only time there is.
///
/// # Errors
/// As for [`create_token`].
pub fn create_token_at_once(
    conn: &mut Connection,
    actor: &Actor,
    draft: &TokenDraft,
    max_days: u16,
    now: UtcTime,
) -> Result<MintedToken, DomainError> {
    create(conn, actor, draft, max_days, now, |_, _, _| Ok(()))
}

fn create(
    conn: &mut Connection,
    actor: &Actor,
    draft: &TokenDraft,
    max_days: u16,
    now: UtcTime,
    hand_over: impl FnOnce(&mut Tx, i64, &PlainKey) -> Result<(), DomainError>,
) -> Result<MintedToken, DomainError> {
    if actor.token().is_some() {
        let told = "A personal token can't make personal tokens.";
        return Err(DomainError::TokenCant(told));
    }
    let user = own_user(conn, actor)?;
    let checked = check(conn, actor, draft, max_days, now)?;
    let format = KeyFormat {
        start: format::TOKEN_START.into(),
        environment_segment: false,
    };
    let secret = format.generate(Environment::Live)?;
    let prefix = format.prefix(&secret, Environment::Live);
    change(conn, |tx| {
        let new = NewToken {
            user_id: user.id,
            digest: secret.digest(),
            prefix: &prefix,
            description: &checked.description,
            permissions: &checked.permissions,
            project_id: checked.project_id,
            expires_at: checked.expires_at,
        };
        let id = tokens::insert(tx, &new, now)?;
        hand_over(tx, id, &secret)?;
        let token = tokens::by_id(tx.conn(), user.id, id)?.ok_or(DomainError::NotFound)?;
        let mut entry = actor.entry("token.created", &checked.description, now);
        entry.project_id = checked.project_id;
        for (name, value) in [
            ("token_prefix", prefix.clone()),
            ("permissions", checked.permissions.clone()),
            ("expires_at", rfc3339(checked.expires_at)),
        ] {
            entry.details.insert(name.into(), value.into());
        }
        Ok((MintedToken { token, secret }, entry))
    })
}

fn check(
    conn: &mut AnyConnection,
    actor: &Actor,
    draft: &TokenDraft,
    max_days: u16,
    now: UtcTime,
) -> Result<Checked, DomainError> {
    let mut errors = Vec::new();
    let description = text::tidy(&draft.description).unwrap_or_else(|detail| {
        errors.push(FieldError::new("description", detail));
        String::new()
    });
    let latest = now + Duration::days(max_days.into());
    let expires_at = match draft.expires_at {
        Some(expiry) if expiry > now && expiry <= latest => Some(expiry),
        _ => {
            let detail = format!("Choose a time to come, at most {max_days} days from now.");
            errors.push(FieldError::new("expires", detail));
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
                let detail = format!("{shown} is no permission that you have.");
                errors.push(FieldError::new("permissions", detail));
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
            let found = projects::by_slug(conn, slug)?;
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
            project_id: project.map(|project| project.id),
        }),
        _ => Err(DomainError::Invalid(errors)),
    }
}

/// The tokens of the person `of`, the newest first: one's own, or, for those who manage people,
/// anybody's. Whoever comes with a token sees that one only.
///
/// # Errors
/// The actor may not, or there is no such person.
pub fn list_tokens(
    conn: &mut AnyConnection,
    actor: &Actor,
    of: i64,
) -> Result<Vec<Token>, DomainError> {
    let is_own = actor.id() == Some(of);
    if !is_own {
        policy::require(actor, Action::ManageUsers, None)?;
        users::by_id(conn, of)?.ok_or(DomainError::NotFound)?;
    }
    let mut all = tokens::of_user(conn, of)?;
    if let Some(token) = actor.token().filter(|_| is_own) {
        all.retain(|other| other.id == token.token_id);
    }
    Ok(all)
}

/// One token of the person `of`; see [`list_tokens`].
///
/// # Errors
/// The actor may not, or there is no such token.
pub fn find_token(
    conn: &mut AnyConnection,
    actor: &Actor,
    of: i64,
    id: i64,
) -> Result<Token, DomainError> {
    let all = list_tokens(conn, actor, of)?;
    all.into_iter()
        .find(|token| token.id == id)
        .ok_or(DomainError::NotFound)
}

/// Ends a token of the person `of` and gives it back. The next request with it fails.
///
/// # Errors
/// As for [`find_token`], or it was revoked before.
pub fn revoke_token(
    conn: &mut Connection,
    actor: &Actor,
    of: i64,
    id: i64,
    now: UtcTime,
) -> Result<Token, DomainError> {
    find_token(conn, actor, of, id)?;
    change(conn, |tx| {
        let token = tokens::by_id(tx.conn(), of, id)?.ok_or(DomainError::NotFound)?;
        if let Some(by) = &token.revoked_by {
            let told = format!("This token was revoked already, by {by}.");
            return Err(DomainError::Conflict(told));
        }
        tokens::revoke(tx, id, actor.name(), now)?;
        reveals::delete(tx, Of::Token(id))?;
        let token = tokens::by_id(tx.conn(), of, id)?.ok_or(DomainError::NotFound)?;
        let mut entry = actor.entry("token.revoked", &token.description, now);
        entry.project_id = token.project_id;
        entry
            .details
            .insert("token_prefix".into(), token.prefix.clone().into());
        Ok((token, entry))
    })
}

/// Whether a token's secret waits for its reveal in this session.
///
/// # Errors
/// The database fails.
pub fn is_waiting(
    conn: &mut AnyConnection,
    token: &Token,
    session_id: &str,
    now: UtcTime,
) -> Result<bool, DomainError> {
    let reveal = reveals::find(conn, Of::Token(token.id))?;
    Ok(reveal.is_some_and(|reveal| reveal.waits_for(session_id, now)))
}

/// Until when a token's secret waits for this session with this seal key, if it does.
///
/// # Errors
/// The database fails.
pub fn waiting_until(
    conn: &mut AnyConnection,
    token: &Token,
    session_id: &str,
    seal_key: Option<&SealKey>,
    now: UtcTime,
) -> Result<Option<UtcTime>, DomainError> {
    reveal::waiting_until(conn, Of::Token(token.id), session_id, seal_key, now)
}

/// Takes the secret of one's own token out of the database and shows it, once.
///
/// # Errors
/// `NotFound`, where nothing waits for this session.
pub fn reveal_token(
    conn: &mut Connection,
    actor: &Actor,
    id: i64,
    session_id: &str,
    seal_key: &SealKey,
    now: UtcTime,
) -> Result<Revealed, DomainError> {
    let user = own_user(conn, actor)?;
    change(conn, |tx| {
        let token = tokens::by_id(tx.conn(), user.id, id)?.ok_or(DomainError::NotFound)?;
        let revealed = reveal::take(tx, Of::Token(id), session_id, seal_key, now)?;
        let mut entry = actor.entry("token.revealed", &token.description, now);
        entry
            .details
            .insert("token_prefix".into(), token.prefix.into());
        Ok((revealed, entry))
    })
}

/// Who comes with the personal token `secret`; `None` if it is unknown, revoked or has expired,
/// or its owner is disabled.
///
/// # Errors
/// The database fails.
pub fn actor_with_token(
    conn: &mut Connection,
    secret: &str,
    origin: Origin,
    now: UtcTime,
) -> Result<Option<Actor>, DomainError> {
    if !format::is_well_formed(secret) {
        return Ok(None);
    }
    let token = tokens::by_digest(conn, &KeyDigest::of(secret))?;
    let Some(token) = token.filter(|token| token.is_active(now)) else {
        return Ok(None);
    };
    let ip = origin.client_ip.clone();
    let proof = Proof::Token(token.id);
    let Some(actor) = Actor::load(conn, token.user_id, proof, origin, now)? else {
        return Ok(None);
    };
    let is_due = token
        .last_used_at
        .is_none_or(|last| last + TOUCH_EVERY <= now);
    if is_due {
        upkeep(conn, |upkeep| {
            tokens::touch(upkeep, token.id, ip.as_deref(), now)
        })?;
    }
    Ok(Some(actor))
}
