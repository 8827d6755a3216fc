//! Grants: which role a person has on which project.

use diesel::prelude::*;

use super::change::Tx;
use super::schema::{grants, users};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// A grant as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = grants)]
pub struct GrantRow {
    pub user_id: i64,
    /// `None` is every project.
    pub project_id: Option<i64>,
    pub role: String,
    /// Who gave it.
    pub created_by: String,
    pub created_at: UtcTime,
}

/// What a person has been given.
pub fn of_user(conn: &mut AnyConnection, user: i64) -> Result<Vec<GrantRow>, DbError> {
    grants::table
        .filter(grants::user_id.eq(user))
        .order(grants::id)
        .select(GrantRow::as_select())
        .load(conn)
}

/// What everybody has been given.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<GrantRow>, DbError> {
    grants::table
        .order(grants::id)
        .select(GrantRow::as_select())
        .load(conn)
}

/// The grants on a project, or on all, each with the person's email, by email.
pub fn on(
    conn: &mut AnyConnection,
    project: Option<i64>,
) -> Result<Vec<(GrantRow, String)>, DbError> {
    let query = grants::table
        .inner_join(users::table)
        .order(users::email)
        .select((GrantRow::as_select(), users::email));
    match project {
        Some(project) => query.filter(grants::project_id.eq(project)).load(conn),
        None => query.filter(grants::project_id.is_null()).load(conn),
    }
}

/// Gives a person a role on a project, or on all, in place of the one they have there.
pub fn put(
    tx: &mut Tx,
    user: i64,
    role: &str,
    project: Option<i64>,
    given_by: &str,
    now: UtcTime,
) -> Result<(), DbError> {
    delete(tx, user, project)?;
    diesel::insert_into(grants::table)
        .values((
            grants::user_id.eq(user),
            grants::project_id.eq(project),
            grants::role.eq(role),
            grants::created_by.eq(given_by),
            grants::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Takes away what a person has on a project, or on all.
pub fn delete(tx: &mut Tx, user: i64, project: Option<i64>) -> Result<(), DbError> {
    let own = grants::table.filter(grants::user_id.eq(user));
    match project {
        Some(project) => {
            diesel::delete(own.filter(grants::project_id.eq(project))).execute(tx.conn())?
        }
        None => diesel::delete(own.filter(grants::project_id.is_null())).execute(tx.conn())?,
    };
    Ok(())
}
