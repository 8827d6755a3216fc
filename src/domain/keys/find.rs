//! Read one key, and everything known about it.

use crate::access::Action;
use crate::db::keys;
use crate::domain::{DomainError, Op, projects};
use crate::records::{Key, Project};

/// The key `id` of `project`.
///
/// # Errors
/// The actor may not see it, or there is none.
pub fn read(op: &mut Op, project: &Project, id: i64) -> Result<Key, DomainError> {
    read_to(op, Action::SeeKeys, project, id)
}

/// The key `id` of `project`, for somebody who does `action` to it. The right to change a key
/// includes seeing the one that is changed, but no other and no list: so a token that may only revoke
/// can be given to whoever finds leaked keys.
///
/// # Errors
/// The actor may not do `action`, or there is no such key.
pub fn read_to(
    op: &mut Op,
    action: Action,
    project: &Project,
    id: i64,
) -> Result<Key, DomainError> {
    op.allow(action, project)?;
    let key = keys::by_id(op.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
    Ok(op.refused().note_on(key))
}

/// The key `id`, whichever project it belongs to, and that project.
///
/// # Errors
/// The actor may not see it, or there is none.
pub fn find(op: &mut Op, id: i64) -> Result<(Project, Key), DomainError> {
    find_to(op, Action::SeeKeys, None, id)
}

/// The key `id` of the project with this slug or, without a slug, of any project.
///
/// # Errors
/// The actor may not see it, or there is none.
pub fn find_in(op: &mut Op, project: Option<&str>, id: i64) -> Result<(Project, Key), DomainError> {
    find_to(op, Action::SeeKeys, project, id)
}

/// Like [`find_in`], for somebody who does `action` to the key; see [`read_to`].
///
/// # Errors
/// The actor may not do `action`, or there is no such key.
pub fn find_to(
    op: &mut Op,
    action: Action,
    project: Option<&str>,
    id: i64,
) -> Result<(Project, Key), DomainError> {
    let project = match project {
        Some(slug) => projects::find(op, slug)?,
        None => {
            let project = keys::project_of(op.conn(), id)?.ok_or(DomainError::NotFound)?;
            projects::find(op, &project.slug)?
        }
    };
    let key = read_to(op, action, &project, id)?;
    Ok((project, key))
}
