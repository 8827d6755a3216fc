//! The first steps of a new instance.

use crate::access::Action;
use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::domain::keys::{self, Slice};
use crate::domain::{DomainError, Op, scopes};
use crate::records::Project;

/// With more keys than this, an instance is no longer new.
const FEW: i64 = 5;

/// The way to the first verification of a project that had none.
#[derive(Clone, Debug)]
pub struct Steps {
    /// Where to take them.
    pub project: Project,
    /// It has scopes.
    pub has_scopes: bool,
    /// It has a key: the newest one.
    pub key: Option<i64>,
}

/// The next steps for an actor who may create keys, until a key of `projects` has been used.
///
/// # Errors
/// The actor may not see the keys of one of them.
pub fn steps(op: &mut Op, projects: &[Project]) -> Result<Option<Steps>, DomainError> {
    let open = projects.iter().find(|project| {
        let may_mint = op.actor().may(Action::MintKeys, Some(project.id));
        project.archived_at.is_none() && may_mint
    });
    let all: i64 = projects.iter().map(|project| project.key_count).sum();
    let Some(project) = open.filter(|_| all <= FEW) else {
        return Ok(None);
    };
    let slice = |by| Slice {
        order: Order {
            by,
            descending: true,
        },
        seek: None,
        skip: 0,
        limit: 1,
    };
    for other in projects {
        let used = keys::list(op, other, &KeyFilter::default(), &slice(SortBy::LastUsed))?;
        if used.keys.iter().any(|key| key.last_use.is_some()) {
            return Ok(None);
        }
    }
    let newest = keys::list(op, project, &KeyFilter::default(), &slice(SortBy::Created))?;
    Ok(Some(Steps {
        has_scopes: !scopes::catalogue(op, project)?.is_empty(),
        key: newest.keys.first().map(|key| key.id),
        project: project.clone(),
    }))
}
