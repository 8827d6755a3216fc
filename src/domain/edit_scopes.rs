//! Edit a project's catalogue of scopes.

use serde_json::json;

use super::archive_project::present;
use super::list_keys::or_more;
use super::policy::{self, Action};
use super::precondition::Precondition;
use super::{Actor, DomainError, FieldError, text};
use crate::clock::UtcTime;
use crate::db::key_list::{self, KeyFilter, Order, SortBy};
use crate::db::projects::Project;
use crate::db::scopes::{self, Scope};
use crate::db::{AnyConnection, Connection, change, instances};
use crate::key::Key;
use crate::key::scope::{self, Inclusion};

/// The most scopes a project has.
const MAX_SCOPES: usize = 200;
/// How many keys are named where a scope is in use.
const NAMED: i64 = 5;

/// A scope with the keys that carry it and still work.
#[derive(Clone, Debug)]
pub struct ScopeUse {
    pub scope: Scope,
    /// Counted up to [`key_list::COUNTED`].
    pub keys: i64,
}

/// A project's catalogue, each scope with how many keys carry it.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn list_scopes(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
    now: UtcTime,
) -> Result<Vec<ScopeUse>, DomainError> {
    let catalogue = catalogue(conn, actor, project)?;
    count_uses(conn, project, catalogue, now)
}

/// A project's catalogue, without a count.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn catalogue(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
) -> Result<Vec<Scope>, DomainError> {
    policy::require(actor, Action::SeeKeys, Some(project.id))?;
    Ok(scopes::of_project(conn, project.id)?)
}

/// These scopes of a catalogue, each with how many keys carry it.
///
/// # Errors
/// The database fails.
pub fn count_uses(
    conn: &mut AnyConnection,
    project: &Project,
    scopes: Vec<Scope>,
    now: UtcTime,
) -> Result<Vec<ScopeUse>, DomainError> {
    let with_use = scopes.into_iter().map(|scope| {
        let keys = key_list::count(conn, &working_with(project.id, &scope.name), now)?;
        Ok(ScopeUse { scope, keys })
    });
    with_use.collect()
}

/// One scope of a project's catalogue.
///
/// # Errors
/// The actor may not see the project's keys, or it has no such scope.
pub fn find_scope(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
    name: &str,
    now: UtcTime,
) -> Result<ScopeUse, DomainError> {
    let mut own = catalogue(conn, actor, project)?;
    own.retain(|scope| scope.name == name);
    let mut counted = count_uses(conn, project, own, now)?;
    counted.pop().ok_or(DomainError::NotFound)
}

/// Adds a scope to a project's catalogue, or replaces its description and what it includes.
/// Tells whether it is new.
///
/// # Errors
/// The actor may not, fields are wrong, the scope is not `still` as expected, or the project is
/// archived.
pub fn put_scope(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    scope: &Scope,
    still: &Precondition<Scope>,
    now: UtcTime,
) -> Result<bool, DomainError> {
    policy::require(actor, Action::ManageProject, Some(project.id))?;
    present(conn, project)?;
    let catalogue = scopes::of_project(conn, project.id)?;
    let (before, after) = checked(&catalogue, scope, still)?;
    if before.as_ref() == Some(&after) {
        // Whoever wrote it so may have been cut off before every instance knew.
        instances::settle_committed(conn)?;
        return Ok(false);
    }
    change(conn, |tx| {
        // Again, now that nobody can come between.
        present(tx.conn(), project)?;
        let catalogue = scopes::of_project(tx.conn(), project.id)?;
        let (before, after) = checked(&catalogue, scope, still)?;
        let mut entry = actor.project_entry("scope.edited", project, now);
        entry
            .details
            .insert("scope".into(), after.name.clone().into());
        let is_new = before.is_none();
        match before {
            None => {
                entry.action = "scope.created";
                scopes::insert(tx, project.id, &after)?;
                entry
                    .details
                    .insert("includes".into(), after.includes.into());
            }
            Some(before) => {
                scopes::update(tx, project.id, &after)?;
                let mut changes = serde_json::Map::new();
                if before.description != after.description {
                    let both = json!([before.description, after.description]);
                    changes.insert("description".into(), both);
                }
                if before.includes != after.includes {
                    let both = json!([before.includes, after.includes]);
                    changes.insert("includes".into(), both);
                }
                entry.details.insert("changes".into(), changes.into());
            }
        }
        Ok((is_new, entry))
    })
}

/// Takes a scope out of a project's catalogue.
///
/// # Errors
/// The actor may not, there is no such scope, it is not `still` as expected, the project is
/// archived; or the scope is in use: then the keys are named.
pub fn delete_scope(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    name: &str,
    still: &Precondition<Scope>,
    now: UtcTime,
) -> Result<(), DomainError> {
    policy::require(actor, Action::ManageProject, Some(project.id))?;
    change(conn, |tx| {
        present(tx.conn(), project)?;
        let catalogue = scopes::of_project(tx.conn(), project.id)?;
        let scope = catalogue.iter().find(|scope| scope.name == name);
        let scope = scope.ok_or(DomainError::NotFound)?;
        still.check(Some(scope))?;
        let includes_it = |other: &&Scope| other.includes.iter().any(|included| included == name);
        if let Some(other) = catalogue.iter().find(includes_it) {
            let told = format!("{} includes {name}. Change that first.", other.name);
            return Err(DomainError::Conflict(told));
        }
        let (count, keys) = carrying(tx.conn(), project.id, name, now)?;
        if count > 0 {
            return Err(DomainError::Conflict(in_use(name, count, &keys)));
        }
        scopes::delete(tx, project.id, name)?;
        let mut entry = actor.project_entry("scope.deleted", project, now);
        entry.details.insert("scope".into(), name.into());
        Ok(((), entry))
    })
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
        1 => "1 key carries".to_owned(),
        count => format!("{count}{} keys carry", or_more(count)),
    };
    format!(
        "{all} {name}: {}{more}. Take it from them first.",
        named.join(", ")
    )
}

/// How many working keys carry a scope, and the first of them.
fn carrying(
    conn: &mut AnyConnection,
    project: i64,
    name: &str,
    now: UtcTime,
) -> Result<(i64, Vec<Key>), DomainError> {
    let found = key_list::find(conn, &working_with(project, name), now)?;
    let order = Order {
        by: SortBy::Created,
        descending: false,
    };
    let first = key_list::page(conn, &found, order, None, 0, NAMED, now)?;
    let keys = first.into_iter().map(|listed| listed.key).collect();
    Ok((found.total, keys))
}

fn working_with(project: i64, scope: &str) -> KeyFilter {
    KeyFilter {
        project_id: project,
        only_working: true,
        scope: Some(scope.to_owned()),
        ..KeyFilter::default()
    }
}

/// The scope as it is, if it is there, and as it can be written.
fn checked(
    catalogue: &[Scope],
    wanted: &Scope,
    still: &Precondition<Scope>,
) -> Result<(Option<Scope>, Scope), DomainError> {
    let name = wanted.name.trim();
    let before = catalogue.iter().find(|scope| scope.name == name);
    still.check(before)?;
    let mut errors = Vec::new();
    if !scope::is_name(name) {
        let detail = "Use up to 64 of the characters a-z, 0-9 and : . _ - /, beginning with a \
                      letter or digit.";
        errors.push(FieldError::new("name", detail));
    }
    if before.is_none() && catalogue.len() >= MAX_SCOPES {
        let detail = format!("A project has at most {MAX_SCOPES} scopes.");
        errors.push(FieldError::new("name", detail));
    }
    let description = text::tidy(&wanted.description).unwrap_or_else(|detail| {
        errors.push(FieldError::new("description", detail));
        String::new()
    });
    let mut includes: Vec<String> = Vec::new();
    for included in &wanted.includes {
        if included == name || !catalogue.iter().any(|scope| scope.name == *included) {
            let shown: String = included.chars().take(scope::MAX_LENGTH).collect();
            let detail = format!("This project has no other scope {shown}.");
            errors.push(FieldError::new("includes", detail));
        } else if includes_back(catalogue, included, name) {
            let detail = format!("{included} includes {name} already.");
            errors.push(FieldError::new("includes", detail));
        } else if !includes.contains(included) {
            includes.push(included.clone());
        }
    }
    if !errors.is_empty() {
        return Err(DomainError::Invalid(errors));
    }
    let after = Scope {
        name: name.to_owned(),
        description,
        includes,
    };
    Ok((before.cloned(), after))
}

/// Whether one scope comes with another already, so that the other way round would be a circle.
fn includes_back(catalogue: &[Scope], included: &str, name: &str) -> bool {
    let inclusions: Vec<Inclusion> = catalogue
        .iter()
        .map(|scope| Inclusion {
            scope: scope.name.clone(),
            includes: scope.includes.clone(),
        })
        .collect();
    scope::grants(&[included.to_owned()], &inclusions, name)
}
