//! Grants: which role a person has on which project.

use diesel::prelude::*;

use super::change::Tx;
use super::schema::{grants, users};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::{Grant, Role};

/// A row of `grants`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = grants)]
struct GrantRow {
    user_id: i64,
    project_id: Option<i64>,
    role: String,
    created_by: String,
    created_at: UtcTime,
}

impl GrantRow {
    /// The grant; `None` for a role that Keyward does not know, which gives nothing.
    fn read(self) -> Option<Grant> {
        Some(Grant {
            user_id: self.user_id,
            project_id: self.project_id,
            role: self.role.parse().ok()?,
            created_by: self.created_by,
            created_at: self.created_at,
        })
    }
}

/// A person's grants.
pub fn of_user(conn: &mut AnyConnection, user: i64) -> Result<Vec<Grant>, DbError> {
    let rows: Vec<GrantRow> = grants::table
        .filter(grants::user_id.eq(user))
        .order(grants::id)
        .select(GrantRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().filter_map(GrantRow::read).collect())
}

/// Everybody's grants.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<Grant>, DbError> {
    let rows: Vec<GrantRow> = grants::table
        .order(grants::id)
        .select(GrantRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().filter_map(GrantRow::read).collect())
}

/// The grants on a project (`None` is all), each with the person's email, sorted by email.
pub fn on(conn: &mut AnyConnection, project: Option<i64>) -> Result<Vec<(Grant, String)>, DbError> {
    let query = grants::table
        .inner_join(users::table)
        .order(users::email)
        .select((GrantRow::as_select(), users::email));
    let rows: Vec<(GrantRow, String)> = match project {
        Some(project) => query.filter(grants::project_id.eq(project)).load(conn)?,
        None => query.filter(grants::project_id.is_null()).load(conn)?,
    };
    let read = |(row, email): (GrantRow, String)| Some((row.read()?, email));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Gives a person a role on a project (`None` is all), replacing the one they have there.
pub fn put(tx: &mut Tx, user: i64, role: Role, project: Option<i64>) -> Result<(), DbError> {
    let (given_by, now) = (tx.actor().name(), tx.now());
    delete(tx, user, project)?;
    diesel::insert_into(grants::table)
        .values((
            grants::user_id.eq(user),
            grants::project_id.eq(project),
            grants::role.eq(role.as_str()),
            grants::created_by.eq(given_by),
            grants::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Takes away a person's role on a project (`None` is all).
pub fn delete(tx: &mut Tx, user: i64, project: Option<i64>) -> Result<(), DbError> {
    tx.settles();
    let own = grants::table.filter(grants::user_id.eq(user));
    match project {
        Some(project) => {
            diesel::delete(own.filter(grants::project_id.eq(project))).execute(tx.conn())?
        }
        None => diesel::delete(own.filter(grants::project_id.is_null())).execute(tx.conn())?,
    };
    Ok(())
}
