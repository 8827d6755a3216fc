//! Calls with an `Idempotency-Key`: reserved before they create anything, and remembered with
//! their answer.

use super::{DomainError, Op};
pub use crate::db::idempotent_calls::Call;
use crate::db::{idempotent_calls, is_taken, unaudited};

/// Reserves this key for a call by the person `user`. Returns the earlier call with it, if any.
///
/// # Errors
/// The database fails.
pub fn reserve(
    op: &mut Op,
    user: i64,
    idempotency_key: &str,
    request: &[u8],
) -> Result<Option<Call>, DomainError> {
    let now = op.now();
    if let Some(call) = idempotent_calls::find(op.conn(), user, idempotency_key)? {
        return Ok(Some(call));
    }
    let begun = unaudited(op.conn(), |tx| {
        idempotent_calls::begin(tx, user, idempotency_key, request, now)
    });
    match begun {
        Ok(()) => Ok(None),
        // Another call with the same key was faster.
        Err(error) if is_taken(&error) => {
            Ok(idempotent_calls::find(op.conn(), user, idempotency_key)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Stores the answer to a call.
///
/// # Errors
/// The database fails.
pub fn finish(
    op: &mut Op,
    user: i64,
    idempotency_key: &str,
    status: u16,
    answer: &str,
) -> Result<(), DomainError> {
    Ok(op.unaudited(|tx| idempotent_calls::finish(tx, user, idempotency_key, status, answer))?)
}

/// Forgets a call that created nothing.
///
/// # Errors
/// The database fails.
pub fn forget(op: &mut Op, user: i64, idempotency_key: &str) -> Result<(), DomainError> {
    Ok(op.unaudited(|tx| idempotent_calls::forget(tx, user, idempotency_key))?)
}
