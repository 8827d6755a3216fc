//! Set the rate limit of those of a project's keys that have none of their own.

use serde_json::json;

use super::draft::check_rate_limit;
use super::mint_key::limit_json;
use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::projects::{self, Project};
use crate::db::{Connection, change, instances};
use crate::key::RateLimit;

/// Sets the limit, or takes it away. When this returns, it holds for the next request.
///
/// # Errors
/// The actor may not, or the limit is too small or too large.
pub fn limit_project(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    limit: Option<RateLimit>,
    now: UtcTime,
) -> Result<(), DomainError> {
    policy::require(actor, Action::ManageProject, Some(project.id))?;
    let mut errors = Vec::new();
    if let Some(limit) = limit {
        check_rate_limit(limit, &mut errors);
    }
    if !errors.is_empty() {
        return Err(DomainError::Invalid(errors));
    }
    let present = projects::by_slug(conn, &project.slug)?.ok_or(DomainError::NotFound)?;
    if limit == present.rate_limit() {
        // Whoever set it may have been cut off before every instance knew.
        return Ok(instances::settle_committed(conn)?);
    }
    change(conn, |tx| {
        // Again, now that nobody can come between.
        let before = projects::by_slug(tx.conn(), &project.slug)?.ok_or(DomainError::NotFound)?;
        projects::set_rate_limit(tx, project.id, limit)?;
        let mut entry = actor.entry("project.edited", &project.name, now);
        entry.project_id = Some(project.id);
        let changed = json!([limit_json(before.rate_limit()), limit_json(limit)]);
        entry
            .details
            .insert("changes".into(), json!({ "rate_limit": changed }));
        Ok(((), entry))
    })
}
