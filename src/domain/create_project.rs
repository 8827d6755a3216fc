//! Create a project.

use super::catalogues::Catalogue;
use super::policy::{self, Action};
use super::project_draft::{ProjectDraft, check_slug};
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::projects::{self, Project};
use crate::db::{Connection, change, scopes};

/// Creates a project, with a ready catalogue of scopes to start from if one is named.
///
/// # Errors
/// The actor may not, or fields are wrong, or the slug is taken.
pub fn create_project(
    conn: &mut Connection,
    actor: &Actor,
    slug: &str,
    draft: &ProjectDraft,
    catalogue: Option<Catalogue>,
    now: UtcTime,
) -> Result<Project, DomainError> {
    policy::require(actor, Action::ManageProjects, None)?;
    let slug = slug.trim();
    let checked = (draft.check(), check_slug(slug));
    let terms = match checked {
        (Ok(terms), Ok(())) => terms,
        (terms, slug) => {
            let errors = slug
                .err()
                .into_iter()
                .chain(terms.err().unwrap_or_default());
            return Err(DomainError::Invalid(errors.collect()));
        }
    };
    change(conn, |tx| {
        if projects::by_slug(tx.conn(), slug)?.is_some() {
            let told = "A project has this slug already.";
            return Err(DomainError::field("slug", told));
        }
        let id = projects::insert(tx, slug, &terms, now)?;
        for scope in catalogue.map(Catalogue::scopes).unwrap_or_default() {
            scopes::insert(tx, id, &scope)?;
        }
        let project = projects::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
        let mut entry = actor.project_entry("project.created", &project, now);
        entry.details.insert("slug".into(), slug.into());
        entry
            .details
            .insert("key_start".into(), terms.key_start.clone().into());
        if let Some(catalogue) = catalogue {
            entry
                .details
                .insert("catalogue".into(), catalogue.as_str().into());
        }
        Ok((project, entry))
    })
}
