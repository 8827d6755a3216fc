//! Create a project.

use super::draft::{ProjectDraft, check_slug};
use crate::access::Action;
use crate::db::{Ending, projects, scopes};
use crate::domain::scopes::Catalogue;
use crate::domain::{DomainError, Op, idempotency};
use crate::json::ProjectJson;
use crate::records::Project;

/// Checks that the actor may open the form for a new project.
///
/// # Errors
/// The actor may not create projects.
pub fn create_form(op: &mut Op) -> Result<(), DomainError> {
    op.allow_on_all(Action::ManageProjects)
}

/// Creates a project, with a scope template to start from if one is named.
///
/// # Errors
/// The actor is not allowed to, fields are wrong, or the slug is taken.
pub fn create(
    op: &mut Op,
    slug: &str,
    draft: &ProjectDraft,
    catalogue: Option<Catalogue>,
) -> Result<Project, DomainError> {
    let permit = op.require_on_all(Action::ManageProjects)?;
    let slug = slug.trim();
    let terms = match (draft.check(), check_slug(slug)) {
        (Ok(terms), Ok(())) => terms,
        (terms, slug) => {
            let errors = slug
                .err()
                .into_iter()
                .chain(terms.err().unwrap_or_default());
            return Err(DomainError::Invalid(errors.collect()));
        }
    };
    let call = op.call();
    op.change(permit, |tx| {
        if projects::by_slug(tx.conn(), slug)?.is_some() {
            let detail = "This slug is already in use.";
            return Err(DomainError::field("slug", detail));
        }
        let id = projects::insert(tx, slug, &terms)?;
        for scope in catalogue.map(Catalogue::scopes).unwrap_or_default() {
            scopes::insert(tx, id, &scope)?;
        }
        let project = projects::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        idempotency::remember(tx, call.as_ref(), &ProjectJson::new(&project))?;
        let mut entry = tx
            .project_entry("project.created", &project)
            .with("slug", slug)
            .with("key_start", terms.key_start.as_str());
        if let Some(catalogue) = catalogue {
            entry = entry.with("catalogue", catalogue.as_str());
        }
        Ok(Ending::Done(project, entry))
    })
}
