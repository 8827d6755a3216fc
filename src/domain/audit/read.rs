//! Read the audit log.

use std::collections::BTreeSet;

use super::checkpoint::{self, ChainState};
use crate::access::{Action, Actor, policy};
use crate::db::audit_log::{self, Actions, AuditFilter, Place};
use crate::domain::{DomainError, Op};
use crate::records::{AuditEntry, ChainedEntry, Key, Project};

/// How many entries a key's page shows.
const HISTORY: i64 = 50;

/// A page of the audit log.
#[derive(Debug)]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<AuditEntry>,
    /// What to pass as `before` to read on; `None` if there are no older entries.
    pub next: Option<Place>,
    /// How many entries there are, if that is known without counting.
    pub total: Option<i64>,
}

/// The newest `limit` entries that `filter` lets through, before the place `before`, after skipping
/// `skip`. They come from the projects whose log the actor may read; with a grant on all projects,
/// entries outside projects, such as sign-ins, are included.
///
/// # Errors
/// The actor may not read any project's log.
pub fn read(
    op: &mut Op,
    filter: AuditFilter,
    before: Option<Place>,
    skip: i64,
    limit: usize,
) -> Result<AuditPage, DomainError> {
    let is_all = filter == AuditFilter::everything();
    let filter = within_reach(op.actor(), Action::ReadAudit, filter)?;
    let one_more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut entries = audit_log::page(op.conn(), &filter, before, skip, one_more)?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let total = match is_all && filter.projects.is_none() {
        true => Some(audit_log::count(op.conn())?),
        false => None,
    };
    let next = entries.last().map(|entry| (entry.at, entry.id));
    Ok(AuditPage {
        total,
        next: next.filter(|_| more),
        entries,
    })
}

/// One entry.
///
/// # Errors
/// There is none, or the actor may not read the log that it is in.
pub fn one(op: &mut Op, id: i64) -> Result<ChainedEntry, DomainError> {
    let reach = within_reach(op.actor(), Action::ReadAudit, AuditFilter::everything())?;
    let found = audit_log::entry(op.conn(), id)?.ok_or(DomainError::NotFound)?;
    let is_within = reach.projects.is_none_or(|projects| {
        let project = found.entry.project_id;
        project.is_some_and(|project| projects.contains(&project))
    });
    match is_within {
        true => Ok(found),
        false => Err(DomainError::NotFound),
    }
}

/// What is known of the chain, with its last checkpoints, at most `limit`.
///
/// # Errors
/// The actor may not read any project's log.
pub fn state(op: &mut Op, limit: i64) -> Result<ChainState, DomainError> {
    readable(op.actor(), Action::ReadAudit)?;
    checkpoint::state(op.conn(), limit)
}

/// The newest `limit` changes in `project` or, without one, in all that the actor may read; `None` if
/// that is nothing. Sign-ins, refusals and look-ups are no changes.
///
/// # Errors
/// The database fails.
pub fn latest(
    op: &mut Op,
    project: Option<&Project>,
    limit: i64,
) -> Result<Option<Vec<AuditEntry>>, DomainError> {
    let is_readable = match project {
        None => is_readable(op.actor()),
        Some(project) => op.actor().may(Action::ReadAudit, Some(project.id)),
    };
    if !is_readable {
        return Ok(None);
    }
    let filter = AuditFilter {
        actions: Actions::Changes,
        projects: project.map(|project| vec![project.id]),
        ..AuditFilter::default()
    };
    let filter = within_reach(op.actor(), Action::ReadAudit, filter)?;
    Ok(Some(audit_log::page(op.conn(), &filter, None, 0, limit)?))
}

/// What happened to a key, newest first. `None` if the actor may not read that.
///
/// # Errors
/// The database fails.
pub fn of_key(op: &mut Op, key: &Key) -> Result<Option<Vec<AuditEntry>>, DomainError> {
    if !op.actor().may(Action::ReadAudit, Some(key.project_id)) {
        return Ok(None);
    }
    let filter = AuditFilter {
        key: Some(key.id),
        ..AuditFilter::everything()
    };
    Ok(Some(audit_log::page(op.conn(), &filter, None, 0, HISTORY)?))
}

/// Whether the actor may read any of the log. For what looks at other things first.
///
/// # Errors
/// They may not.
pub fn allow_to_read(op: &Op) -> Result<(), DomainError> {
    readable(op.actor(), Action::ReadAudit).map(drop)
}

/// Whether the actor may read the log of any project, or of the whole instance.
pub fn is_readable(actor: &Actor) -> bool {
    readable(actor, Action::ReadAudit).is_ok()
}

/// `filter`, limited to the projects in which the actor may do `action`.
///
/// # Errors
/// That is none.
pub(super) fn within_reach(
    actor: &Actor,
    action: Action,
    filter: AuditFilter,
) -> Result<AuditFilter, DomainError> {
    let projects = match (readable(actor, action)?, filter.projects) {
        (None, asked) => asked,
        (Some(own), None) => Some(own),
        (Some(own), Some(asked)) => {
            Some(asked.into_iter().filter(|one| own.contains(one)).collect())
        }
    };
    Ok(AuditFilter { projects, ..filter })
}

/// The projects whose log the actor may do `action` with, by grants on single projects or a token
/// bound to one; `None` is all, and what is in no project.
fn readable(actor: &Actor, action: Action) -> Result<Option<Vec<i64>>, DomainError> {
    if actor.may(action, None) {
        return Ok(None);
    }
    let granted = actor.grants().iter().filter_map(|grant| grant.project_id);
    let bound = actor.token().and_then(|token| token.project_id);
    let projects: BTreeSet<i64> = granted
        .chain(bound)
        .filter(|project| actor.may(action, Some(*project)))
        .collect();
    if projects.is_empty() {
        policy::allow(actor, action, None)?;
    }
    Ok(Some(projects.into_iter().collect()))
}
