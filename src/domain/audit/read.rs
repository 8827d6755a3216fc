//! Read the audit log.

use std::collections::BTreeSet;

use crate::access::{Action, Actor, policy};
use crate::db::audit;
use crate::domain::{DomainError, Op};
use crate::records::{AuditEntry, Project};

/// A page of the audit log.
#[derive(Debug)]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<AuditEntry>,
    /// What to pass as `before` to read on; `None` if there are no older entries.
    pub next: Option<i64>,
    /// How many entries there are, if that is known without counting.
    pub total: Option<i64>,
}

/// The newest `limit` entries before the entry `before`, after skipping `skip`. They come from the
/// projects whose log the actor may read; with a grant on all projects, entries outside projects,
/// such as sign-ins, are included.
///
/// # Errors
/// The actor may not read any project's log.
pub fn read(
    op: &mut Op,
    before: Option<i64>,
    skip: i64,
    limit: usize,
) -> Result<AuditPage, DomainError> {
    let projects = readable(op.actor())?;
    let one_more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut entries = audit::page(op.conn(), projects.as_deref(), before, skip, one_more)?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let total = match projects {
        None => Some(audit::last_entry(op.conn())?),
        Some(_) => None,
    };
    Ok(AuditPage {
        total,
        next: entries.last().map(|entry| entry.id).filter(|_| more),
        entries,
    })
}

/// The newest `limit` changes in `project` or, without one, in all that the actor may read; `None` if
/// that is nothing. Sign-ins are no changes.
///
/// # Errors
/// The database fails.
pub fn latest(
    op: &mut Op,
    project: Option<&Project>,
    limit: i64,
) -> Result<Option<Vec<AuditEntry>>, DomainError> {
    match project {
        None if !is_readable(op.actor()) => Ok(None),
        None => {
            let projects = readable(op.actor())?;
            Ok(Some(audit::changes(op.conn(), projects.as_deref(), limit)?))
        }
        Some(project) if !op.actor().may(Action::ReadAudit, Some(project.id)) => Ok(None),
        Some(project) => Ok(Some(audit::changes(op.conn(), Some(&[project.id]), limit)?)),
    }
}

/// Whether the actor may read the log of any project, or of the whole instance.
pub fn is_readable(actor: &Actor) -> bool {
    actor.may(Action::ReadAudit, None) || readable_projects(actor).is_ok()
}

/// The projects whose log the actor may read; `None` is all, and what is in no project.
fn readable(actor: &Actor) -> Result<Option<Vec<i64>>, DomainError> {
    match actor.may(Action::ReadAudit, None) {
        true => Ok(None),
        false => Ok(Some(readable_projects(actor)?)),
    }
}

/// The projects whose log the actor may read, by grants on single projects or a token bound to one.
/// If there are none, the actor must be allowed to read the whole log.
fn readable_projects(actor: &Actor) -> Result<Vec<i64>, DomainError> {
    let granted = actor.grants().iter().filter_map(|grant| grant.project_id);
    let bound = actor.token().and_then(|token| token.project_id);
    let projects: BTreeSet<i64> = granted
        .chain(bound)
        .filter(|project| actor.may(Action::ReadAudit, Some(*project)))
        .collect();
    if projects.is_empty() {
        policy::allow(actor, Action::ReadAudit, None)?;
    }
    Ok(projects.into_iter().collect())
}
