//! Edit a project's name, key format, lifetimes and rate limit.

use serde_json::{Map, Value, json};

use super::archive_project::require_open;
use super::mint_key::limit_json;
use super::policy::{self, Action};
use super::precondition::Precondition;
use super::project_draft::ProjectDraft;
use super::{Actor, DomainError, FieldError};
use crate::clock::UtcTime;
use crate::db::projects::{self, Project, ProjectTerms};
use crate::db::{Connection, change, instances};

/// Writes what `draft` makes of a project over it. When this returns, it holds for the next request.
///
/// # Errors
/// The actor may not, fields are wrong, the project is archived or not `still` as expected, or
/// it has keys and their start or environments would change.
pub fn edit_project(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    still: &Precondition<Project>,
    draft: impl Fn(&Project) -> Result<ProjectDraft, DomainError>,
    now: UtcTime,
) -> Result<Project, DomainError> {
    policy::require(actor, Action::ManageProject, Some(project.id))?;
    let checked = |before: &Project| -> Result<ProjectTerms, DomainError> {
        require_open(before)?;
        still.check(Some(before))?;
        let terms = draft(before)?.check().map_err(DomainError::Invalid)?;
        check_fixed(before, &terms)?;
        Ok(terms)
    };
    let present = projects::by_slug(conn, &project.slug)?.ok_or(DomainError::NotFound)?;
    if checked(&present)? == present.terms() {
        // Whoever wrote it so may have been cut off before every instance knew.
        instances::settle_committed(conn)?;
        return Ok(present);
    }
    change(conn, |tx| {
        // Again, now that nobody can come between.
        let before = projects::by_slug(tx.conn(), &project.slug)?.ok_or(DomainError::NotFound)?;
        let terms = checked(&before)?;
        projects::update(tx, project.id, &terms)?;
        let after = projects::by_id(tx.conn(), project.id)?.ok_or(DomainError::NotFound)?;
        let mut entry = actor.project_entry("project.edited", &after, now);
        let changes = changes(&before.terms(), &terms);
        entry.details.insert("changes".into(), changes);
        Ok((after, entry))
    })
}

/// How keys begin is fixed once there are any: they could not be told apart any more.
fn check_fixed(before: &Project, after: &ProjectTerms) -> Result<(), DomainError> {
    let mut errors = Vec::new();
    if before.key_count > 0 {
        if before.key_start != after.key_start {
            let detail = "The start is fixed: the project has keys.";
            errors.push(FieldError::new("key_start", detail));
        }
        if before.environment_segment != after.environment_segment {
            let detail = "The environments are fixed: the project has keys.";
            errors.push(FieldError::new("environments", detail));
        }
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(DomainError::Invalid(errors)),
    }
}

/// What changed, each as what it was and what it is.
fn changes(before: &ProjectTerms, after: &ProjectTerms) -> Value {
    let named = |terms: &ProjectTerms| {
        [
            ("name", json!(terms.name)),
            ("key_start", json!(terms.key_start)),
            ("environment_segment", json!(terms.environment_segment)),
            ("rate_limit", limit_json(terms.rate_limit)),
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
