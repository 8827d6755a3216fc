//! Read how a project's keys are used.

use crate::access::Action;
use crate::db::{keys, project_usage, usage as of_keys};
use crate::domain::usage::{Counts, Range};
use crate::domain::{DomainError, Op};
use crate::records::{Key, Project};

/// How often the keys of `project` passed and were refused in `range`.
///
/// # Errors
/// The actor may not see them.
pub fn usage(op: &mut Op, project: &Project, range: Range) -> Result<Counts, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let now = op.now();
    let stored = project_usage::of_project(op.conn(), project.id, range.start(now))?;
    Ok(Counts::new(range, now, &stored))
}

/// So many keys are named.
const NAMED: i64 = 10;

/// A key, and how many requests came with it.
#[derive(Debug)]
pub struct Busy {
    /// The key.
    pub key: Key,
    /// Those that passed, or those that were refused.
    pub requests: i64,
}

/// The keys of a project with the most requests.
#[derive(Debug)]
pub struct Busiest {
    /// By requests that passed.
    pub passed: Vec<Busy>,
    /// By requests that were refused.
    pub refused: Vec<Busy>,
}

/// The keys of `project` with the most requests in `range`.
///
/// # Errors
/// The actor may not see them.
pub fn busiest(op: &mut Op, project: &Project, range: Range) -> Result<Busiest, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let since = range.start(op.now());
    let found = of_keys::busiest(op.conn(), project.id, since, NAMED)?;
    let mut named = |found: Vec<(i64, i64)>| {
        let mut busy = Vec::new();
        for (id, requests) in found {
            let key = keys::by_id(op.conn(), project.id, id)?;
            busy.extend(key.map(|key| Busy { key, requests }));
        }
        Ok::<_, DomainError>(busy)
    };
    Ok(Busiest {
        passed: named(found.passed)?,
        refused: named(found.refused)?,
    })
}
