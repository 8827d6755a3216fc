//! List a project's scopes, and find one.

use crate::access::Action;
use crate::db::key_list::{self, KeyFilter};
use crate::db::scopes;
use crate::domain::{DomainError, Op};
use crate::records::{Project, Scope};

/// A scope, and how many working keys carry it.
#[derive(Clone, Debug)]
pub struct ScopeUse {
    /// The scope.
    pub scope: Scope,
    /// How many working keys carry it, counted up to [`key_list::COUNTED`].
    pub keys: i64,
}

/// A project's catalogue, with the number of keys that carry each scope.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn list(op: &mut Op, project: &Project) -> Result<Vec<ScopeUse>, DomainError> {
    let catalogue = catalogue(op, project)?;
    count_uses(op, project, catalogue)
}

/// A project's catalogue, without a count.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn catalogue(op: &mut Op, project: &Project) -> Result<Vec<Scope>, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    Ok(scopes::of_project(op.conn(), project.id)?)
}

/// Counts the keys that carry each of these scopes of a project.
///
/// # Errors
/// The database fails.
pub fn count_uses(
    op: &mut Op,
    project: &Project,
    scopes: Vec<Scope>,
) -> Result<Vec<ScopeUse>, DomainError> {
    let now = op.now();
    let with_use = scopes.into_iter().map(|scope| {
        let keys = key_list::count(op.conn(), &working_with(project.id, &scope.name), now)?;
        Ok(ScopeUse { scope, keys })
    });
    with_use.collect()
}

/// One scope of a project's catalogue.
///
/// # Errors
/// The actor may not see the project's keys, or it has no such scope.
pub fn find(op: &mut Op, project: &Project, name: &str) -> Result<ScopeUse, DomainError> {
    let mut own = catalogue(op, project)?;
    own.retain(|scope| scope.name == name);
    let mut counted = count_uses(op, project, own)?;
    counted.pop().ok_or(DomainError::NotFound)
}

/// The keys of a project that carry a scope and still work.
pub(super) fn working_with(project: i64, scope: &str) -> KeyFilter {
    KeyFilter {
        project_id: project,
        only_working: true,
        scope: Some(scope.to_owned()),
        ..KeyFilter::default()
    }
}
