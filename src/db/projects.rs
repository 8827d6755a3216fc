//! Projects.

use diesel::prelude::*;

use super::change::Tx;
use super::key_rows::rate_limit;
use super::schema::projects;
use super::{AnyConnection, DbError};
use crate::key::{KeyFormat, RateLimit};

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
    rate_limit_requests: Option<i64>,
    rate_limit_seconds: Option<i64>,
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
}

/// The project with this slug.
pub fn by_slug(conn: &mut AnyConnection, slug: &str) -> Result<Option<Project>, DbError> {
    projects::table
        .filter(projects::slug.eq(slug))
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

/// Sets the limit of keys that have none of their own.
pub fn set_rate_limit(tx: &mut Tx, id: i64, limit: Option<RateLimit>) -> Result<(), DbError> {
    let changed_in = tx.changed_in();
    diesel::update(projects::table.find(id))
        .set((
            projects::rate_limit_requests.eq(limit.map(|limit| limit.requests)),
            projects::rate_limit_seconds.eq(limit.map(|limit| limit.seconds)),
            projects::changed_in.eq(changed_in),
        ))
        .execute(tx.conn())?;
    Ok(())
}
