//! List a project's scopes, and find one.

use std::sync::Arc;

use keyward_key::scope::{EVERY_SCOPE, Granted};

use crate::access::Action;
use crate::db::key_list::{self, COUNTED, KeyFilter};
use crate::db::scopes;
use crate::domain::{DomainError, Op};
use crate::records::{Key, Project, Scope, StateFilter, scope};

/// A scope, and how many working keys it concerns, each number counted up to [`COUNTED`].
#[derive(Clone, Debug)]
pub struct ScopeUse {
    /// The scope.
    pub scope: Scope,
    /// How many working keys `/verify` lets through where the scope is required.
    pub keys: i64,
    /// How many of these carry the scope by its name. The others carry one that includes it, or
    /// `*`.
    pub carrying: i64,
}

/// A project's catalogue, with the number of keys that may use each scope.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn list(op: &mut Op, project: &Project) -> Result<Vec<ScopeUse>, DomainError> {
    let all = catalogue(op, project)?;
    count_uses(op, project, &all, all.clone())
}

/// A project's catalogue, without a count. Whoever may change it may see it.
///
/// # Errors
/// The actor may neither see the project's keys nor change its catalogue.
pub fn catalogue(op: &mut Op, project: &Project) -> Result<Vec<Scope>, DomainError> {
    if op.allow(Action::ManageProject, project).is_err() {
        op.allow(Action::SeeKeys, project)?;
    }
    Ok(scopes::of_project(op.conn(), project.id)?)
}

/// Counts the keys that may use each of these scopes of a project, whose catalogue is `all`.
///
/// # Errors
/// The database fails.
pub fn count_uses(
    op: &mut Op,
    project: &Project,
    all: &[Scope],
    scopes: Vec<Scope>,
) -> Result<Vec<ScopeUse>, DomainError> {
    let now = op.now();
    let catalogue = scope::catalogue(all);
    let mut count = |filter: KeyFilter| match project.archived_at {
        // No key of it works.
        Some(_) => Ok(0),
        None => key_list::count_by(op.conn(), &catalogue, &filter, now),
    };
    let with_every = count(working_with(project.id, EVERY_SCOPE))?;
    let with_use = scopes.into_iter().map(|scope| {
        let carrying = count(working_carrying(project.id, &scope.name))?;
        let keys = match carrying.max(with_every) {
            COUNTED.. => COUNTED,
            _ => count(working_with(project.id, &scope.name))?,
        };
        Ok(ScopeUse {
            scope,
            keys,
            carrying,
        })
    });
    with_use.collect()
}

/// One scope of a project's catalogue.
///
/// # Errors
/// The actor may not see the project's keys, or it has no such scope.
pub fn find(op: &mut Op, project: &Project, name: &str) -> Result<ScopeUse, DomainError> {
    let all = catalogue(op, project)?;
    let mut own = all.clone();
    own.retain(|scope| scope.name == name);
    let mut counted = count_uses(op, project, &all, own)?;
    counted.pop().ok_or(DomainError::NotFound)
}

/// The scopes of a catalogue that a key may use without carrying them by name.
pub fn beyond_names(catalogue: &[Scope], key: &Key) -> Vec<String> {
    let held = key.scopes.iter().map(String::as_str);
    let granted = Granted::resolve(held, &Arc::new(scope::catalogue(catalogue)));
    let names = catalogue.iter().map(|scope| &scope.name);
    names
        .filter(|name| granted.has(name) && !key.scopes.contains(name))
        .cloned()
        .collect()
}

/// The keys of a project that work and are let through where a scope is required.
pub(super) fn working_with(project: i64, scope: &str) -> KeyFilter {
    KeyFilter {
        scope: Some(scope.to_owned()),
        ..working(project)
    }
}

/// The keys of a project that work and carry a scope by its name.
pub(super) fn working_carrying(project: i64, scope: &str) -> KeyFilter {
    KeyFilter {
        carries: vec![scope.to_owned()],
        ..working(project)
    }
}

/// The keys of a project that work.
pub(super) fn working(project: i64) -> KeyFilter {
    KeyFilter {
        project_id: project,
        state: Some(StateFilter::Working),
        ..KeyFilter::default()
    }
}
