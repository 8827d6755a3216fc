//! Projects.

use diesel::prelude::*;

use super::change::Tx;
use super::key_rows::rate_limit;
use super::schema::projects;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::key::{Environment, KeyFormat, RateLimit};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = projects)]
pub struct Project {
    pub id: i64,
    pub slug: String,
    pub name: String,
    pub key_start: String,
    pub environment_segment: bool,
    /// How many keys it has, in whatever state.
    pub key_count: i64,
    pub created_at: UtcTime,
    rate_limit_requests: Option<i64>,
    rate_limit_seconds: Option<i64>,
    /// How many days a key lives if nobody says otherwise.
    pub default_lifetime_days: Option<i64>,
    /// How many days a key lives at most.
    pub max_lifetime_days: Option<i64>,
    /// Since when, and by whom, none of its keys works any more.
    pub archived_at: Option<UtcTime>,
    pub archived_by: Option<String>,
    /// Rises with every edit.
    pub version: i64,
}

/// What can be chosen for a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectTerms {
    pub name: String,
    pub key_start: String,
    pub environment_segment: bool,
    pub rate_limit: Option<RateLimit>,
    pub default_lifetime_days: Option<i64>,
    pub max_lifetime_days: Option<i64>,
}

impl Project {
    /// The limit of keys that have none of their own.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        rate_limit(self.rate_limit_requests, self.rate_limit_seconds)
    }

    /// How its keys begin.
    pub fn key_format(&self) -> KeyFormat {
        KeyFormat {
            start: self.key_start.clone(),
            environment_segment: self.environment_segment,
        }
    }

    /// Whether its keys can be for this environment.
    pub fn has(&self, environment: Environment) -> bool {
        self.environment_segment || environment == Environment::Live
    }

    /// What was chosen for it.
    pub fn terms(&self) -> ProjectTerms {
        ProjectTerms {
            name: self.name.clone(),
            key_start: self.key_start.clone(),
            environment_segment: self.environment_segment,
            rate_limit: self.rate_limit(),
            default_lifetime_days: self.default_lifetime_days,
            max_lifetime_days: self.max_lifetime_days,
        }
    }
}

/// The project with this slug.
pub fn by_slug(conn: &mut AnyConnection, slug: &str) -> Result<Option<Project>, DbError> {
    // Postgres takes no text with a NUL.
    if slug.contains(char::is_control) {
        return Ok(None);
    }
    projects::table
        .filter(projects::slug.eq(slug))
        .select(Project::as_select())
        .first(conn)
        .optional()
}

/// The project with this id.
pub fn by_id(conn: &mut AnyConnection, id: i64) -> Result<Option<Project>, DbError> {
    projects::table
        .find(id)
        .select(Project::as_select())
        .first(conn)
        .optional()
}

/// Every project, by name.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<Project>, DbError> {
    projects::table
        .order((projects::name, projects::id))
        .select(Project::as_select())
        .load(conn)
}

/// Adds a project and gives back its id.
pub fn insert(tx: &mut Tx, slug: &str, terms: &ProjectTerms, now: UtcTime) -> Result<i64, DbError> {
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

/// Writes what was edited, and a version that is one higher.
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

/// Ends a project and with it every key of it. Nothing in Keyward writes `archived_at` back to
/// null.
pub fn archive(tx: &mut Tx, id: i64, by: &str, now: UtcTime) -> Result<(), DbError> {
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

/// Notes that a project has keys from another system from now on.
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
