//! Add a scope template.

use super::Catalogue;
use super::put::MAX_SCOPES;
use crate::access::Action;
use crate::db::{Ending, scopes};
use crate::domain::archived::reread_open;
use crate::domain::{DomainError, FieldError, Op};
use crate::records::{Project, Scope};

/// Adds those scopes of a template that the project does not have yet.
///
/// # Errors
/// The actor is not allowed to, or the project is archived.
pub fn add_catalogue(
    op: &mut Op,
    project: &Project,
    catalogue: Catalogue,
) -> Result<(), DomainError> {
    let permit = op.require(Action::ManageProject, project)?;
    op.change(permit, |tx| {
        let project = reread_open(tx.conn(), project)?;
        let before = scopes::of_project(tx.conn(), project.id)?;
        let is_new = |scope: &Scope| before.iter().all(|before| before.name != scope.name);
        let mut added = Vec::new();
        for scope in catalogue.scopes().into_iter().filter(is_new) {
            scopes::insert(tx, project.id, &scope)?;
            added.push(scope.name);
        }
        if before.len() + added.len() > MAX_SCOPES {
            let detail = format!("A project has at most {MAX_SCOPES} scopes.");
            return Err(DomainError::Invalid(vec![FieldError::new(
                "catalogue",
                detail,
            )]));
        }
        if added.is_empty() {
            return Ok(Ending::Unchanged(()));
        }
        let entry = tx
            .project_entry("scopes.added", &project)
            .with("catalogue", catalogue.as_str())
            .with("scopes", added);
        Ok(Ending::Done((), entry))
    })
}
