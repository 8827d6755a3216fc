//! The catalogue of scopes of each project.

use diesel::prelude::*;
use keyward_key::scope;

use super::change::Tx;
use super::key_rows::join;
use super::schema::scopes;
use super::{AnyConnection, DbError, projects};
use crate::records::Scope;

type Row = (String, String, String);

impl From<Row> for Scope {
    fn from((name, description, includes): Row) -> Self {
        Scope {
            name,
            description,
            includes: scope::split(&includes),
        }
    }
}

const COLUMNS: (scopes::name, scopes::description, scopes::includes) =
    (scopes::name, scopes::description, scopes::includes);

/// A project's catalogue, in the order it was written.
pub fn of_project(conn: &mut AnyConnection, project: i64) -> Result<Vec<Scope>, DbError> {
    let rows: Vec<Row> = scopes::table
        .filter(scopes::project_id.eq(project))
        .order(scopes::id)
        .select(COLUMNS)
        .load(conn)?;
    Ok(rows.into_iter().map(Scope::from).collect())
}

/// Adds a scope to a project's catalogue.
pub fn insert(tx: &mut Tx, project: i64, scope: &Scope) -> Result<(), DbError> {
    diesel::insert_into(scopes::table)
        .values((
            scopes::project_id.eq(project),
            scopes::name.eq(&scope.name),
            scopes::description.eq(&scope.description),
            scopes::includes.eq(join(&scope.includes)),
        ))
        .execute(tx.conn())?;
    projects::touch(tx, project)
}

/// Replaces the description of a scope and what it includes.
pub fn update(tx: &mut Tx, project: i64, scope: &Scope) -> Result<(), DbError> {
    diesel::update(scopes::table)
        .filter(scopes::project_id.eq(project))
        .filter(scopes::name.eq(&scope.name))
        .set((
            scopes::description.eq(&scope.description),
            scopes::includes.eq(join(&scope.includes)),
        ))
        .execute(tx.conn())?;
    projects::touch(tx, project)
}

/// Takes a scope out of a project's catalogue.
pub fn delete(tx: &mut Tx, project: i64, name: &str) -> Result<(), DbError> {
    diesel::delete(scopes::table)
        .filter(scopes::project_id.eq(project))
        .filter(scopes::name.eq(name))
        .execute(tx.conn())?;
    projects::touch(tx, project)
}
