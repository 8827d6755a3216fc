//! List keys of every project that the actor may see, project by project.

use super::list::{KeyPage, Slice, list};
use crate::access::Action;
use crate::db::key_list::{KeyFilter, Order};
use crate::domain::{DomainError, Op, projects};
use crate::records::Project;

/// The keys of one project that match, or the first of them.
#[derive(Debug)]
pub struct Group {
    /// The project.
    pub project: Project,
    /// The first page of its keys.
    pub page: KeyPage,
}

/// The keys that match `filter`, at most `limit` of each project, without projects that have none.
///
/// # Errors
/// The database fails.
pub fn across(
    op: &mut Op,
    filter: &KeyFilter,
    order: Order,
    limit: usize,
) -> Result<Vec<Group>, DomainError> {
    let slice = Slice {
        order,
        seek: None,
        skip: 0,
        limit,
    };
    let mut groups = Vec::new();
    for project in projects::list(op)? {
        if !op.actor().may(Action::SeeKeys, Some(project.id)) {
            continue;
        }
        let page = list(op, &project, filter, &slice)?;
        if !page.keys.is_empty() {
            groups.push(Group { project, page });
        }
    }
    Ok(groups)
}
