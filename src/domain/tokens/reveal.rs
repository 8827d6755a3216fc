//! Reveal a new personal token: once, in the session that created it, within five minutes.

use crate::clock::UtcTime;
use crate::db::reveals::Of;
use crate::db::{Ending, tokens};
use crate::domain::reveal::{self, Revealed};
use crate::domain::seal::SealKey;
use crate::domain::{DomainError, Op};
use crate::records::Token;

/// Whether a token's secret is waiting to be revealed in this session.
///
/// # Errors
/// The database fails.
pub fn is_waiting(op: &mut Op, token: &Token, session_id: &str) -> Result<bool, DomainError> {
    reveal::is_waiting(op, Of::Token(token.id), session_id)
}

/// Until when this session can reveal a token's secret with this seal key; `None` if it can't.
///
/// # Errors
/// The database fails.
pub fn waiting_until(
    op: &mut Op,
    token: &Token,
    session_id: &str,
    seal_key: Option<&SealKey>,
) -> Result<Option<UtcTime>, DomainError> {
    reveal::waiting_until(op, Of::Token(token.id), session_id, seal_key)
}

/// Takes the secret of one's own token out of the database and returns it, once.
///
/// # Errors
/// `NotFound` if nothing is waiting for this session.
pub fn reveal(
    op: &mut Op,
    id: i64,
    session_id: &str,
    seal_key: &SealKey,
) -> Result<Revealed, DomainError> {
    let permit = op.require_own()?;
    op.change(permit, |tx| {
        let token = tokens::by_id(tx.conn(), permit.user_id(), id)?.ok_or(DomainError::NotFound)?;
        let revealed = reveal::take(tx, Of::Token(id), session_id, seal_key)?;
        let entry = tx
            .entry("token.revealed", &token.description)
            .with("token_prefix", token.prefix.as_str());
        Ok(Ending::Done(revealed, entry))
    })
}
