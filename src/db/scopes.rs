//! The catalogue of scopes of each project.

use diesel::prelude::*;

use super::schema::scopes;
use super::{AnyConnection, DbError};

/// A scope that keys of a project may carry.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = scopes)]
pub struct Scope {
    pub name: String,
    pub description: String,
}

/// A project's catalogue, in the order it was written.
pub fn of_project(conn: &mut AnyConnection, project: i64) -> Result<Vec<Scope>, DbError> {
    scopes::table
        .filter(scopes::project_id.eq(project))
        .order(scopes::id)
        .select(Scope::as_select())
        .load(conn)
}
