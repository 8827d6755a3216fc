//! Recognise the owner of a personal token.

use keyward_key::{KeyDigest, format};
use time::Duration;

use crate::access::{Actor, Proof};
use crate::clock::UtcTime;
use crate::db::tokens;
use crate::domain::actors::Claim;
use crate::domain::{DomainError, Op};
use crate::records::Token;

/// A token's last use is recorded at most this often.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// The actor who presents the personal token `secret`, and the claim to check again before they
/// act; `None` if the token is unknown, revoked or expired, or its owner is disabled.
///
/// # Errors
/// The database fails.
pub fn actor_with_token(op: &mut Op, secret: &str) -> Result<Option<(Claim, Actor)>, DomainError> {
    let recognised = recognise(op, secret)?;
    Ok(recognised.map(|(_, claim, actor)| (claim, actor)))
}

/// Who asks for verdicts with the personal token `secret`, and when it expires; `None` as for
/// [`actor_with_token`].
///
/// # Errors
/// The database fails.
pub fn who_verifies(op: &mut Op, secret: &str) -> Result<Option<(Actor, UtcTime)>, DomainError> {
    let recognised = recognise(op, secret)?;
    Ok(recognised.map(|(token, _, actor)| (actor, token.expires_at)))
}

fn recognise(op: &mut Op, secret: &str) -> Result<Option<(Token, Claim, Actor)>, DomainError> {
    if !format::is_well_formed(secret) {
        return Ok(None);
    }
    let now = op.now();
    let token = tokens::by_digest(op.conn(), &KeyDigest::of(secret))?;
    let Some(token) = token.filter(|token| token.is_active(now)) else {
        return Ok(None);
    };
    let claim = Claim {
        user_id: token.user_id,
        proof: Proof::Token(token.id),
        origin: op.actor().origin.clone(),
    };
    let Some(actor) = claim.load(op.conn(), now)? else {
        return Ok(None);
    };
    let is_due = token
        .last_used_at
        .is_none_or(|last| last + TOUCH_EVERY <= now);
    if is_due {
        let ip = claim.origin.client_ip.as_deref();
        // Reading goes on while the database takes no changes. The next use is recorded then.
        if let Err(error) = op.unaudited_or_soon(|tx| tokens::touch(tx, token.id, ip, now)) {
            tracing::debug!(%error, "the use of a token can't be recorded");
        }
    }
    Ok(Some((token, claim, actor)))
}
