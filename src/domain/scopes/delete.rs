//! Take a scope out of a project's catalogue.

use super::list::{ScopeUse, find, working_carrying};
use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::key_list::{self, Order, SortBy};
use crate::db::{AnyConnection, Ending, scopes};
use crate::domain::archived::reread_open;
use crate::domain::counting::or_more;
use crate::domain::{DomainError, Op, Precondition};
use crate::records::{Key, Project, Scope};

/// How many keys the message names if a scope is in use.
const NAMED: i64 = 5;

/// A scope that may be removed, and what stands in the way.
#[derive(Clone, Debug)]
pub struct Removal {
    /// The scope, and how many keys can use it.
    pub with_use: ScopeUse,
    /// A scope that includes it, if any.
    pub includer: Option<String>,
}

/// The scope that is to be removed, and what stands in the way.
///
/// # Errors
/// The actor may not remove it, or there is no such scope.
pub fn removal(op: &mut Op, project: &Project, name: &str) -> Result<Removal, DomainError> {
    op.allow(Action::ManageProject, project)?;
    let with_use = find(op, project, name)?;
    let catalogue = scopes::of_project(op.conn(), project.id)?;
    Ok(Removal {
        with_use,
        includer: includer(&catalogue, name).map(|scope| scope.name.clone()),
    })
}

/// Takes a scope out of a project's catalogue.
///
/// # Errors
/// The actor is not allowed to, there is no such scope, it does not match `still`, the project is
/// archived, or the scope is in use. In the last case, the message names keys.
pub fn delete(
    op: &mut Op,
    project: &Project,
    name: &str,
    still: &Precondition<Scope>,
) -> Result<(), DomainError> {
    let permit = op.require(Action::ManageProject, project)?;
    op.change(permit, |tx| {
        let project = reread_open(tx.conn(), project)?;
        let catalogue = scopes::of_project(tx.conn(), project.id)?;
        let scope = catalogue.iter().find(|scope| scope.name == name);
        let scope = scope.ok_or(DomainError::NotFound)?;
        still.check(Some(scope))?;
        if let Some(other) = includer(&catalogue, name) {
            let message = format!("{} includes {name}. Change that first.", other.name);
            return Err(DomainError::Conflict(message));
        }
        let now = tx.now();
        let (count, keys) = carrying(tx.conn(), project.id, name, now)?;
        if count > 0 {
            return Err(DomainError::Conflict(in_use(name, count, &keys)));
        }
        scopes::delete(tx, project.id, name)?;
        let entry = tx.project_entry("scope.deleted", &project);
        Ok(Ending::Done((), entry.with("scope", name)))
    })
}

/// The first scope that includes the one with this name.
fn includer<'a>(catalogue: &'a [Scope], name: &str) -> Option<&'a Scope> {
    let includes_it = |other: &&Scope| other.includes.iter().any(|included| included == name);
    catalogue.iter().find(includes_it)
}

fn in_use(name: &str, count: i64, keys: &[Key]) -> String {
    let named: Vec<String> = keys
        .iter()
        .map(|key| format!("{} ({}…, key {})", key.label, key.prefix, key.id))
        .collect();
    let more = match usize::try_from(count).unwrap_or_default() > named.len() {
        true => " and others",
        false => "",
    };
    let all = match count {
        1 => "1 key has".to_owned(),
        count => format!("{count}{} keys have", or_more(count)),
    };
    format!(
        "{all} {name}: {}{more}. Remove the scope from them first.",
        named.join(", ")
    )
}

/// How many working keys carry a scope by its name, and the first of them. Without the scope, these
/// would still be let through where it is required, and nobody could see why.
fn carrying(
    conn: &mut AnyConnection,
    project: i64,
    name: &str,
    now: UtcTime,
) -> Result<(i64, Vec<Key>), DomainError> {
    let found = key_list::find(conn, &working_carrying(project, name), now)?;
    let order = Order {
        by: SortBy::Created,
        descending: false,
    };
    let first = key_list::page(conn, &found, order, None, 0, NAMED, now)?;
    let keys = first.into_iter().map(|listed| listed.key).collect();
    Ok((found.total, keys))
}
