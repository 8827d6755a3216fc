//! Archive a project: its keys stop working for good.

use crate::access::Action;
use crate::db::key_list::{self, KeyFilter};
use crate::db::{Ending, projects};
use crate::domain::{DomainError, Op};
use crate::records::{Project, StateFilter};

/// How many keys stop working when the project is archived, counted up to [`key_list::COUNTED`].
///
/// # Errors
/// The actor may not archive it.
pub fn count_working_keys(op: &mut Op, project: &Project) -> Result<i64, DomainError> {
    op.allow_on_all(Action::ManageProjects)?;
    let filter = KeyFilter {
        project_id: project.id,
        state: Some(StateFilter::Working),
        ..KeyFilter::default()
    };
    let now = op.now();
    Ok(key_list::count(op.conn(), &filter, now)?)
}

/// Archives a project. `name` has to be the project's, so that nobody archives the wrong one. Once
/// this returns, the next request with any of its keys fails.
///
/// # Errors
/// The actor is not allowed to, the name is wrong, or the project was archived before.
pub fn archive(op: &mut Op, project: &Project, name: &str) -> Result<Project, DomainError> {
    let permit = op.require_on_all(Action::ManageProjects)?;
    op.change(permit, |tx| {
        let before = projects::by_id(tx.conn(), project.id)?.ok_or(DomainError::NotFound)?;
        if let Some(by) = &before.archived_by {
            let message = format!("This project was already archived by {by}.");
            return Err(DomainError::Conflict(message));
        }
        if name.trim() != before.name {
            let detail = format!("Type the project's name, {}.", before.name);
            return Err(DomainError::field("name", detail));
        }
        projects::archive(tx, project.id)?;
        let after = projects::by_id(tx.conn(), project.id)?.ok_or(DomainError::NotFound)?;
        let entry = tx.project_entry("project.archived", &after);
        let entry = entry.with("keys", after.key_count);
        Ok(Ending::Done(after, entry))
    })
}
