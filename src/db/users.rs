//! People who may sign in.

use diesel::dsl::{exists, select};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

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

impl User {
    /// Stands for the password without giving it away. A session keeps it, so that one that
    /// began with an earlier password ends even if it was being written when that changed.
    pub fn stamp(&self) -> String {
        let digest = Sha256::digest(&self.password_hash);
        digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Whether there is anybody at all.
pub fn any(conn: &mut AnyConnection) -> Result<bool, DbError> {
    select(exists(users::table.select(users::id))).get_result(conn)
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

/// Keeps the same password under newer hashing parameters, unless it was changed meanwhile.
pub fn rehash_password(
    upkeep: &mut Upkeep,
    user: &User,
    password_hash: &str,
) -> Result<(), DbError> {
    let unchanged = users::password_hash.eq(&user.password_hash);
    diesel::update(users::table.find(user.id).filter(unchanged))
        .set(users::password_hash.eq(password_hash))
        .execute(upkeep.conn())?;
    Ok(())
}
