//! Projects.

use diesel::prelude::*;

use super::change::Tx;
use super::key_rows::rate_limit;
use super::schema::projects;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::{Project, ProjectTerms};

/// A row of `projects`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = projects)]
pub(super) struct ProjectRow {
    id: i64,
    slug: String,
    name: String,
    key_start: String,
    environment_segment: bool,
    key_count: i64,
    created_at: UtcTime,
    rate_limit_requests: Option<i64>,
    rate_limit_seconds: Option<i64>,
    default_lifetime_days: Option<i64>,
    max_lifetime_days: Option<i64>,
    archived_at: Option<UtcTime>,
    archived_by: Option<String>,
    version: i64,
}

impl From<ProjectRow> for Project {
    fn from(row: ProjectRow) -> Self {
        Project {
            id: row.id,
            slug: row.slug,
            name: row.name,
            key_start: row.key_start,
            environment_segment: row.environment_segment,
            key_count: row.key_count,
            created_at: row.created_at,
            rate_limit: rate_limit(row.rate_limit_requests, row.rate_limit_seconds),
            default_lifetime_days: row.default_lifetime_days,
            max_lifetime_days: row.max_lifetime_days,
            archived_at: row.archived_at,
            archived_by: row.archived_by,
            version: row.version,
        }
    }
}

/// The project with this slug.
pub fn by_slug(conn: &mut AnyConnection, slug: &str) -> Result<Option<Project>, DbError> {
    // Postgres accepts no text with a NUL.
    if slug.contains(char::is_control) {
        return Ok(None);
    }
    projects::table
        .filter(projects::slug.eq(slug))
        .select(ProjectRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(Project::from))
}

/// The project with this id.
pub fn by_id(conn: &mut AnyConnection, id: i64) -> Result<Option<Project>, DbError> {
    projects::table
        .find(id)
        .select(ProjectRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(Project::from))
}

/// Every project, sorted by name.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<Project>, DbError> {
    let rows: Vec<ProjectRow> = projects::table
        .order((projects::name, projects::id))
        .select(ProjectRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Project::from).collect())
}

/// Adds a project and returns its id.
pub fn insert(tx: &mut Tx, slug: &str, terms: &ProjectTerms) -> Result<i64, DbError> {
    let now = tx.now();
    let changed_in = tx.changed_in();
    diesel::insert_into(projects::table)
        .values((
            projects::slug.eq(slug),
            projects::name.eq(&terms.name),
            projects::key_start.eq(&terms.key_start),
            projects::environment_segment.eq(terms.environment_segment),
            projects::created_at.eq(now),
            projects::rate_limit_requests.eq(terms.rate_limit.map(|limit| limit.requests)),
            projects::rate_limit_seconds.eq(terms.rate_limit.map(|limit| limit.seconds)),
            projects::default_lifetime_days.eq(terms.default_lifetime_days),
            projects::max_lifetime_days.eq(terms.max_lifetime_days),
            projects::changed_in.eq(changed_in),
        ))
        .returning(projects::id)
        .get_result(tx.conn())
}

/// Writes the edited terms and increments the version.
pub fn update(tx: &mut Tx, id: i64, terms: &ProjectTerms) -> Result<(), DbError> {
    let changed_in = tx.changed_in();
    diesel::update(projects::table.find(id))
        .set((
            projects::name.eq(&terms.name),
            projects::key_start.eq(&terms.key_start),
            projects::environment_segment.eq(terms.environment_segment),
            projects::rate_limit_requests.eq(terms.rate_limit.map(|limit| limit.requests)),
            projects::rate_limit_seconds.eq(terms.rate_limit.map(|limit| limit.seconds)),
            projects::default_lifetime_days.eq(terms.default_lifetime_days),
            projects::max_lifetime_days.eq(terms.max_lifetime_days),
            projects::version.eq(projects::version + 1),
            projects::changed_in.eq(changed_in),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends a project and all its keys. Nothing in Keyward sets `archived_at` back to null.
pub fn archive(tx: &mut Tx, id: i64) -> Result<(), DbError> {
    let (by, now) = (tx.actor().name(), tx.now());
    let changed_in = tx.changed_in();
    diesel::update(
        projects::table
            .find(id)
            .filter(projects::archived_at.is_null()),
    )
    .set((
        projects::archived_at.eq(now),
        projects::archived_by.eq(by),
        projects::version.eq(projects::version + 1),
        projects::changed_in.eq(changed_in),
    ))
    .execute(tx.conn())?;
    Ok(())
}

/// Records that a project has keys from another system from now on.
pub fn set_imported(tx: &mut Tx, id: i64) -> Result<(), DbError> {
    let changed_in = tx.changed_in();
    diesel::update(projects::table.find(id))
        .set((
            projects::has_imported.eq(true),
            projects::changed_in.eq(changed_in),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Tells verifications that something a project's keys depend on has changed: its catalogue.
pub(super) fn touch(tx: &mut Tx, id: i64) -> Result<(), DbError> {
    let changed_in = tx.changed_in();
    diesel::update(projects::table.find(id))
        .set(projects::changed_in.eq(changed_in))
        .execute(tx.conn())?;
    Ok(())
}
