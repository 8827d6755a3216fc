//! Grants: which role a person has on which project.

use diesel::prelude::*;

use super::change::Tx;
use super::schema::grants;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// A grant as it is kept: the role's name and the project, `None` being all.
pub type GrantRow = (String, Option<i64>);

/// What a person has been given.
pub fn of_user(conn: &mut AnyConnection, user: i64) -> Result<Vec<GrantRow>, DbError> {
    grants::table
        .filter(grants::user_id.eq(user))
        .order(grants::id)
        .select((grants::role, grants::project_id))
        .load(conn)
}

/// Gives a person a role on a project, or on all.
pub fn insert(
    tx: &mut Tx,
    user: i64,
    role: &str,
    project: Option<i64>,
    given_by: &str,
    now: UtcTime,
) -> Result<(), DbError> {
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
