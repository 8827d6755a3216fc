//! Projects.

use diesel::prelude::*;

use super::schema::projects;
use super::{AnyConnection, DbError};
use crate::key::KeyFormat;

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
}

impl Project {
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
