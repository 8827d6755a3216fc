//! Edit a project's name, key format, lifetimes and rate limit.

use serde_json::{Map, Value, json};

use super::draft::ProjectDraft;
use super::find::find;
use crate::access::Action;
use crate::db::{Ending, projects};
use crate::domain::archived::reread_open;
use crate::domain::{DomainError, FieldError, Op, Precondition, rate_limit};
use crate::records::{Project, ProjectTerms};

/// The project with this slug, for the form that edits it.
///
/// # Errors
/// The actor may not edit it, or there is none.
pub fn edit_form(op: &mut Op, project: &str) -> Result<Project, DomainError> {
    let project = find(op, project)?;
    op.allow(Action::ManageProject, &project)?;
    Ok(project)
}

/// Applies `draft` to a project, and returns the result. Once this returns, it applies to the next
/// request.
///
/// # Errors
/// The actor is not allowed to, fields are wrong, the project is archived or does not match
/// `still`, or it has keys and their start or environments would change.
pub fn edit(
    op: &mut Op,
    project: &Project,
    still: &Precondition<Project>,
    draft: impl FnOnce(&Project) -> ProjectDraft,
) -> Result<Project, DomainError> {
    let permit = op.require(Action::ManageProject, project)?;
    op.change(permit, |tx| {
        let before = reread_open(tx.conn(), project)?;
        still.check(Some(&before))?;
        let terms = draft(&before).check().map_err(DomainError::Invalid)?;
        check_fixed(&before, &terms)?;
        if terms == before.terms() {
            return Ok(Ending::Unchanged(before));
        }
        projects::update(tx, project.id, &terms)?;
        let after = projects::by_id(tx.conn(), project.id)?.ok_or(DomainError::NotFound)?;
        let entry = tx
            .project_entry("project.edited", &after)
            .with("changes", changes(&before.terms(), &terms));
        Ok(Ending::Done(after, entry))
    })
}

/// The beginning of keys is fixed once there are any. Otherwise, they would no longer be
/// recognised.
fn check_fixed(before: &Project, after: &ProjectTerms) -> Result<(), DomainError> {
    let mut errors = Vec::new();
    if before.key_count > 0 {
        if before.key_start != after.key_start {
            let detail = "The key prefix can't be changed because the project has keys.";
            errors.push(FieldError::new("key_start", detail));
        }
        if before.environment_segment != after.environment_segment {
            let detail = "The environments can't be changed because the project has keys.";
            errors.push(FieldError::new("environments", detail));
        }
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(DomainError::Invalid(errors)),
    }
}

/// What changed: each name with its old and new value.
fn changes(before: &ProjectTerms, after: &ProjectTerms) -> Value {
    let named = |terms: &ProjectTerms| {
        [
            ("name", json!(terms.name)),
            ("key_start", json!(terms.key_start)),
            ("environment_segment", json!(terms.environment_segment)),
            ("rate_limit", rate_limit::to_json(terms.rate_limit)),
            ("default_lifetime_days", json!(terms.default_lifetime_days)),
            ("max_lifetime_days", json!(terms.max_lifetime_days)),
        ]
    };
    let changes: Map<String, Value> = named(before)
        .into_iter()
        .zip(named(after))
        .filter(|((_, was), (_, is))| was != is)
        .map(|((name, was), (_, is))| (name.to_owned(), json!([was, is])))
        .collect();
    Value::Object(changes)
}
