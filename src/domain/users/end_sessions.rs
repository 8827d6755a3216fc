//! Sign a person out everywhere.

use crate::access::Action;
use crate::db::{Ending, sessions, users};
use crate::domain::{DomainError, Op};

/// Ends every session and short-lived token of a person.
///
/// # Errors
/// The actor is not allowed to, or there is no such person.
pub fn end_sessions(op: &mut Op, id: i64) -> Result<(), DomainError> {
    let permit = op.require_on_all(Action::ManageUsers)?;
    op.change(permit, |tx| {
        let user = users::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        let ended = sessions::delete_of_user(tx, id, None)?;
        users::raise_version(tx, id)?;
        let entry = tx.entry("user.sessions_ended", &user.email);
        Ok(Ending::Done((), entry.with("sessions", ended)))
    })
}
