//! People who may sign in.

use diesel::dsl::{exists, select};
use diesel::prelude::*;

use super::change::{Tx, Upkeep};
use super::schema::{grants, users};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// A person who may sign in.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct User {
    pub id: i64,
    pub email: String,
    /// A PHC string (argon2id).
    pub password_hash: String,
    pub disabled_at: Option<UtcTime>,
}

/// The person with this email, which must be lower case.
pub fn by_email(conn: &mut AnyConnection, email: &str) -> Result<Option<User>, DbError> {
    users::table
        .filter(users::email.eq(email))
        .select(User::as_select())
        .first(conn)
        .optional()
}

/// The person with this id.
pub fn by_id(conn: &mut AnyConnection, id: i64) -> Result<Option<User>, DbError> {
    users::table
        .find(id)
        .select(User::as_select())
        .first(conn)
        .optional()
}

/// Whether anybody holds the role `owner`.
pub fn any_owner(conn: &mut AnyConnection) -> Result<bool, DbError> {
    select(exists(grants::table.filter(grants::role.eq("owner")))).get_result(conn)
}

/// Adds a person and gives back their id.
pub fn insert(tx: &mut Tx, email: &str, password_hash: &str, now: UtcTime) -> Result<i64, DbError> {
    diesel::insert_into(users::table)
        .values((
            users::email.eq(email),
            users::password_hash.eq(password_hash),
            users::created_at.eq(now),
        ))
        .returning(users::id)
        .get_result(tx.conn())
}

/// Gives a person another password.
pub fn set_password(tx: &mut Tx, id: i64, password_hash: &str) -> Result<(), DbError> {
    diesel::update(users::table.find(id))
        .set(users::password_hash.eq(password_hash))
        .execute(tx.conn())?;
    Ok(())
}

/// Keeps the same password under newer hashing parameters.
pub fn rehash_password(upkeep: &mut Upkeep, id: i64, password_hash: &str) -> Result<(), DbError> {
    diesel::update(users::table.find(id))
        .set(users::password_hash.eq(password_hash))
        .execute(upkeep.conn())?;
    Ok(())
}
