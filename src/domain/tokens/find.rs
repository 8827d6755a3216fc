//! Find personal tokens, and list them.

use crate::access::Action;
use crate::db::{tokens, users};
use crate::domain::{DomainError, Op};
use crate::records::Token;

/// The tokens of the person `of`, newest first. People see their own tokens, and those who manage
/// people see anybody's. Of its owner's tokens, a personal token sees only itself.
///
/// # Errors
/// The actor is not allowed to, or there is no such person.
pub fn list(op: &mut Op, of: i64) -> Result<Vec<Token>, DomainError> {
    let is_own = op.actor().id() == Some(of);
    if !is_own {
        op.allow_on_all(Action::ManageUsers)?;
        users::by_id(op.conn(), of)?.ok_or(DomainError::NotFound)?;
    }
    let mut all = tokens::of_user(op.conn(), of)?;
    if let Some(token) = op.actor().token().filter(|_| is_own) {
        all.retain(|other| other.id == token.token_id);
    }
    Ok(all)
}

/// One token of the person `of`; see [`list`].
///
/// # Errors
/// The actor is not allowed to, or there is no such token.
pub fn find(op: &mut Op, of: i64, id: i64) -> Result<Token, DomainError> {
    let all = list(op, of)?;
    all.into_iter()
        .find(|token| token.id == id)
        .ok_or(DomainError::NotFound)
}
