//! Revoke a personal token.

use super::find;
use crate::access::Action;
use crate::db::reveals::{self, Of};
use crate::db::{Ending, Permission, Tx, tokens};
use crate::domain::{DomainError, Op};
use crate::records::Token;

/// The token of the person `of`, for the form that revokes it.
///
/// # Errors
/// The actor is not allowed to, there is no such token, or it was revoked already.
pub fn revocation_form(op: &mut Op, of: i64, id: i64) -> Result<Token, DomainError> {
    let token = find(op, of, id)?;
    require_unrevoked(&token)?;
    Ok(token)
}

/// Revokes a token of the person `of` and returns it; the next request with it fails. People can
/// revoke their own tokens, and those who manage people anybody's. Of its owner's tokens, a
/// personal token can revoke only itself.
///
/// # Errors
/// The actor is not allowed to, there is no such token, or it was revoked before.
pub fn revoke(op: &mut Op, of: i64, id: i64) -> Result<Token, DomainError> {
    if op.actor().id() != Some(of) {
        let permit = op.require_on_all(Action::ManageUsers)?;
        return revoke_with(op, permit, of, id);
    }
    let own = op.actor().own().or_else(|| op.actor().own_token(id));
    revoke_with(op, own.ok_or(DomainError::NotFound)?, of, id)
}

fn revoke_with(
    op: &mut Op,
    permit: impl Permission,
    of: i64,
    id: i64,
) -> Result<Token, DomainError> {
    op.change(permit, |tx| write(tx, of, id))
}

fn write(tx: &mut Tx, of: i64, id: i64) -> Result<Ending<Token>, DomainError> {
    let token = tokens::by_id(tx.conn(), of, id)?.ok_or(DomainError::NotFound)?;
    require_unrevoked(&token)?;
    tokens::revoke(tx, id)?;
    reveals::delete(tx, Of::Token(id))?;
    let token = tokens::by_id(tx.conn(), of, id)?.ok_or(DomainError::NotFound)?;
    let entry = tx
        .entry("token.revoked", &token.description)
        .in_project(token.project_id)
        .with("token_prefix", token.prefix.as_str());
    Ok(Ending::Done(token, entry))
}

fn require_unrevoked(token: &Token) -> Result<(), DomainError> {
    match &token.revoked_by {
        None => Ok(()),
        Some(by) => {
            let message = format!("This token was already revoked by {by}.");
            Err(DomainError::Conflict(message))
        }
    }
}
