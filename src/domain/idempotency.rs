//! Calls with an `Idempotency-Key`: remembered by the very transaction that creates something, so
//! that a call is remembered exactly if it was done.

use serde::Serialize;

use super::{DomainError, Op};
use crate::db::{Tx, idempotent_calls, is_taken};

pub use crate::db::idempotent_calls::EarlierCall;

/// A call that creates nothing if it was made before.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who makes it.
    pub user: i64,
    /// The `Idempotency-Key`.
    pub key: String,
    /// The digest of method, path and body.
    pub request: Vec<u8>,
}

/// The earlier call with the same key, if any.
///
/// # Errors
/// The database fails.
pub fn earlier(op: &mut Op, call: &Call) -> Result<Option<EarlierCall>, DomainError> {
    Ok(idempotent_calls::find(op.conn(), call.user, &call.key)?)
}

/// Remembers what `call` created: `record`, which holds no secret. Does nothing without a call.
///
/// # Errors
/// Another call with the same key was faster.
pub(super) fn remember(
    tx: &mut Tx,
    call: Option<&Call>,
    record: &impl Serialize,
) -> Result<(), DomainError> {
    let Some(call) = call else { return Ok(()) };
    let record = serde_json::to_string(record).expect("strings and numbers");
    let stored = idempotent_calls::insert(tx, call.user, &call.key, &call.request, &record);
    stored.map_err(|error| match is_taken(&error) {
        true => DomainError::Conflict("A call with this Idempotency-Key was already made.".into()),
        false => error.into(),
    })
}
