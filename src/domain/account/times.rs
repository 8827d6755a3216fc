//! Choose the zone that one's pages show times in.

use super::own_user;
use crate::db::{Ending, users};
use crate::domain::{DomainError, Op};

/// Whether the actor's pages show times in the zone of their browser, instead of UTC.
///
/// # Errors
/// The database fails.
pub fn has_local_times(op: &mut Op) -> Result<bool, DomainError> {
    match op.actor().id() {
        Some(id) => Ok(users::has_local_times(op.conn(), id)?),
        None => Ok(false),
    }
}

/// Chooses it.
///
/// # Errors
/// Nobody is signed in.
pub fn choose_times(op: &mut Op, local: bool) -> Result<(), DomainError> {
    let permit = op.require_own()?;
    let user = own_user(op)?;
    op.change(permit, |tx| {
        if users::has_local_times(tx.conn(), user.id)? == local {
            return Ok(Ending::Unchanged(()));
        }
        users::set_local_times(tx, user.id, local)?;
        let zone = if local { "browser" } else { "UTC" };
        let entry = tx
            .entry("user.times_chosen", &user.email)
            .with("zone", zone);
        Ok(Ending::Done((), entry))
    })
}
