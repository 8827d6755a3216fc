//! Add a scope to a project's catalogue, or edit one.

use keyward_key::scope::{self, Inclusion};
use serde_json::{Map, json};

use crate::access::Action;
use crate::db::{Ending, scopes};
use crate::domain::archived::reread_open;
use crate::domain::{DomainError, FieldError, Op, Precondition, text};
use crate::records::{Project, Scope};

/// The most scopes a project can have.
const MAX_SCOPES: usize = 200;

/// The catalogue of a project, for the form that adds a scope to it or edits one.
///
/// # Errors
/// The actor is not allowed to.
pub fn put_form(op: &mut Op, project: &Project) -> Result<Vec<Scope>, DomainError> {
    op.allow(Action::ManageProject, project)?;
    Ok(scopes::of_project(op.conn(), project.id)?)
}

/// Adds a scope to a project's catalogue, or replaces its description and what it includes. Returns
/// whether it is new.
///
/// # Errors
/// The actor is not allowed to, fields are wrong, the scope does not match `still`, or the project
/// is archived.
pub fn put(
    op: &mut Op,
    project: &Project,
    scope: &Scope,
    still: &Precondition<Scope>,
) -> Result<bool, DomainError> {
    let permit = op.require(Action::ManageProject, project)?;
    op.change(permit, |tx| {
        let project = reread_open(tx.conn(), project)?;
        let catalogue = scopes::of_project(tx.conn(), project.id)?;
        let before = catalogue
            .iter()
            .find(|before| before.name == scope.name.trim());
        still.check(before)?;
        let after = check(&catalogue, before, scope)?;
        let Some(before) = before else {
            scopes::insert(tx, project.id, &after)?;
            let entry = tx
                .project_entry("scope.created", &project)
                .with("scope", after.name)
                .with("includes", after.includes);
            return Ok(Ending::Done(true, entry));
        };
        if *before == after {
            return Ok(Ending::Unchanged(false));
        }
        scopes::update(tx, project.id, &after)?;
        let changes = changes(before, &after);
        let entry = tx
            .project_entry("scope.edited", &project)
            .with("scope", after.name)
            .with("changes", changes);
        Ok(Ending::Done(false, entry))
    })
}

/// What changed: each name with its old and new value.
fn changes(before: &Scope, after: &Scope) -> Map<String, serde_json::Value> {
    let mut changes = Map::new();
    if before.description != after.description {
        let both = json!([before.description, after.description]);
        changes.insert("description".into(), both);
    }
    if before.includes != after.includes {
        changes.insert("includes".into(), json!([before.includes, after.includes]));
    }
    changes
}

/// Checks a scope, and returns it as it will be stored.
fn check(
    catalogue: &[Scope],
    before: Option<&Scope>,
    wanted: &Scope,
) -> Result<Scope, DomainError> {
    let name = wanted.name.trim();
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
    match errors.is_empty() {
        true => Ok(Scope {
            name: name.to_owned(),
            description,
            includes,
        }),
        false => Err(DomainError::Invalid(errors)),
    }
}

/// Whether `included` itself includes `name`, so that the two would form a circle.
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
