//! Read one key, and everything known about it.

use time::Duration;

use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::audit::{self, AuditRow};
use crate::db::projects::Project;
use crate::db::{AnyConnection, keys, usage};
use crate::key::Key;
use crate::key::verdict::Outcome;

/// How many entries of its history a key's page shows.
const HISTORY: i64 = 50;

/// The key `id` of `project`.
///
/// # Errors
/// The actor may not see it, or there is none.
pub fn read_key(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
    id: i64,
) -> Result<Key, DomainError> {
    policy::require(actor, Action::SeeKeys, Some(project.id))?;
    keys::by_id(conn, project.id, id)?.ok_or(DomainError::NotFound)
}

/// What happened to a key, newest first: its part of the audit log. `None` for those who may
/// not read that.
///
/// # Errors
/// The database fails.
pub fn history(
    conn: &mut AnyConnection,
    actor: &Actor,
    key: &Key,
) -> Result<Option<Vec<AuditRow>>, DomainError> {
    match actor.may(Action::ReadAudit, Some(key.project_id)) {
        true => Ok(Some(audit::of_key(conn, key.id, HISTORY)?)),
        false => Ok(None),
    }
}

/// How many requests with a key passed in the last 24 hours. Counts are kept by the hour, so
/// this includes the whole of the hour that was under way 24 hours ago.
pub fn passed_last_day(
    conn: &mut AnyConnection,
    actor: &Actor,
    key: &Key,
    now: UtcTime,
) -> Result<i64, DomainError> {
    policy::require(actor, Action::SeeKeys, Some(key.project_id))?;
    let since = crate::clock::start_of_hour(now - Duration::DAY);
    let counts = usage::of_key(conn, key.id, since)?;
    let passed = counts
        .iter()
        .filter(|(_, outcome, _)| outcome == Outcome::Valid.code());
    Ok(passed.map(|(.., requests)| requests).sum())
}
