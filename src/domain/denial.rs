//! Denials: what somebody tried and may not do.

use super::Actor;
use super::error::{Denial, DomainError};
use crate::clock::UtcTime;
use crate::db::{Connection, change};

/// Writes a denial into the audit log.
pub fn record(
    conn: &mut Connection,
    actor: &Actor,
    denial: Denial,
    now: UtcTime,
) -> Result<(), DomainError> {
    change(conn, |_| {
        let mut entry = actor.entry("access.denied", denial.action.as_str(), now);
        entry.project_id = denial.project_id;
        Ok(((), entry))
    })
}
