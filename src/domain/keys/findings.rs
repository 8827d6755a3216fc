//! What a review would ask about a project's keys.

use super::list;
use crate::access::Action;
use crate::db::key_list::KeyFilter;
use crate::db::sources::{self, Network};
use crate::domain::usage::Range;
use crate::domain::{DomainError, Op};
use crate::records::Project;
use crate::records::finding::Finding;

/// So many networks are named.
const NETWORKS: i64 = 10;

/// About how many keys of `project` there is each finding, counted up to
/// [`COUNTED`](crate::db::key_list::COUNTED).
///
/// # Errors
/// The actor may not see them.
pub fn findings(op: &mut Op, project: &Project) -> Result<Vec<(Finding, i64)>, DomainError> {
    let count = |finding: &Finding| {
        let filter = KeyFilter {
            finding: Some(*finding),
            ..KeyFilter::default()
        };
        Ok((*finding, list::count(op, project, &filter)?))
    };
    Finding::ALL.iter().map(count).collect()
}

/// The networks that keys of `project` were presented from most in `range`.
///
/// # Errors
/// The actor may not see them.
pub fn top_callers(
    op: &mut Op,
    project: &Project,
    range: Range,
) -> Result<Vec<Network>, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let since = range.start(op.now());
    Ok(sources::networks_of(
        op.conn(),
        project.id,
        since,
        NETWORKS,
    )?)
}
