//! People who may sign in.

use diesel::dsl::{exists, select};
use diesel::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::change::{Tx, UnauditedTx};
use super::schema::{grants, users};
use super::{AnyConnection, DbError, password_links};
use crate::clock::UtcTime;
use crate::records::User;

/// A row of `users`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    id: i64,
    email: String,
    password_hash: String,
    disabled_at: Option<UtcTime>,
    created_at: UtcTime,
    joined_at: Option<UtcTime>,
    version: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        User {
            id: row.id,
            email: row.email,
            password_hash: row.password_hash,
            disabled_at: row.disabled_at,
            created_at: row.created_at,
            joined_at: row.joined_at,
            version: row.version,
        }
    }
}

/// Whether there is anybody at all.
pub fn any(conn: &mut AnyConnection) -> Result<bool, DbError> {
    select(exists(users::table.select(users::id))).get_result(conn)
}

/// Everybody, sorted by email.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<User>, DbError> {
    let rows: Vec<UserRow> = users::table
        .order(users::email)
        .select(UserRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// The person with this email, which must be tidied. Addresses that were written down before they
/// were normalised are found too.
pub fn by_email(conn: &mut AnyConnection, email: &str) -> Result<Option<User>, DbError> {
    users::table
        .filter(users::email.eq_any([email, &email.nfd().collect::<String>()]))
        .order(users::id)
        .select(UserRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(User::from))
}

/// The person with this id.
pub fn by_id(conn: &mut AnyConnection, id: i64) -> Result<Option<User>, DbError> {
    users::table
        .find(id)
        .select(UserRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(User::from))
}

/// Whether this person's pages show times in the zone of their browser.
pub fn has_local_times(conn: &mut AnyConnection, id: i64) -> Result<bool, DbError> {
    let chosen = users::table.find(id).select(users::local_times);
    Ok(chosen.first(conn).optional()?.unwrap_or(false))
}

/// Writes whether this person's pages show times in the zone of their browser.
pub fn set_local_times(tx: &mut Tx, id: i64, local: bool) -> Result<(), DbError> {
    diesel::update(users::table.find(id))
        .set(users::local_times.eq(local))
        .execute(tx.conn())?;
    Ok(())
}

/// The emails of those who can answer for keys of a project: they have a role on it or on all, and are
/// not disabled.
pub fn answerable(conn: &mut AnyConnection, project: i64) -> Result<Vec<String>, DbError> {
    let here = grants::project_id
        .eq(project)
        .or(grants::project_id.is_null());
    let theirs = grants::table
        .filter(grants::user_id.eq(users::id))
        .filter(here.assume_not_null());
    users::table
        .filter(users::disabled_at.is_null())
        .filter(exists(theirs))
        .order(users::email)
        .select(users::email)
        .load(conn)
}

/// Whether anybody holds the role `owner`.
pub fn any_owner(conn: &mut AnyConnection) -> Result<bool, DbError> {
    select(exists(grants::table.filter(grants::role.eq("owner")))).get_result(conn)
}

/// How many owners can sign in, apart from the person `but`.
pub fn other_owners(conn: &mut AnyConnection, but: i64) -> Result<i64, DbError> {
    grants::table
        .inner_join(users::table)
        .filter(grants::role.eq("owner"))
        .filter(grants::user_id.ne(but))
        .filter(users::disabled_at.is_null())
        .filter(users::joined_at.is_not_null())
        .count()
        .get_result(conn)
}

/// Adds a person and returns their id. `joined_at` is `None` for somebody who is only invited.
pub fn insert(
    tx: &mut Tx,
    email: &str,
    password_hash: &str,
    joined_at: Option<UtcTime>,
) -> Result<i64, DbError> {
    let now = tx.now();
    diesel::insert_into(users::table)
        .values((
            users::email.eq(email),
            users::password_hash.eq(password_hash),
            users::created_at.eq(now),
            users::joined_at.eq(joined_at),
        ))
        .returning(users::id)
        .get_result(tx.conn())
}

/// Changes a person's password, which ends their short-lived tokens and password links.
pub fn set_password(tx: &mut Tx, user: &User, password_hash: &str) -> Result<(), DbError> {
    let now = tx.now();
    password_links::delete_of_user(tx, user.id)?;
    diesel::update(users::table.find(user.id))
        .set((
            users::password_hash.eq(password_hash),
            users::joined_at.eq(user.joined_at.unwrap_or(now)),
            users::version.eq(users::version + 1),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Keeps a person out from the given time on, or lets them in again with `None`. Their short-lived
/// tokens end.
pub fn set_disabled(tx: &mut Tx, id: i64, disabled_at: Option<UtcTime>) -> Result<(), DbError> {
    tx.settles();
    diesel::update(users::table.find(id))
        .set((
            users::disabled_at.eq(disabled_at),
            users::version.eq(users::version + 1),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends a person's short-lived tokens, because they have another role now.
pub fn raise_version(tx: &mut Tx, id: i64) -> Result<(), DbError> {
    diesel::update(users::table.find(id))
        .set(users::version.eq(users::version + 1))
        .execute(tx.conn())?;
    Ok(())
}

/// Stores the same password with newer hashing parameters, unless it was changed meanwhile.
pub fn rehash_password(
    tx: &mut UnauditedTx,
    user: &User,
    password_hash: &str,
) -> Result<(), DbError> {
    let unchanged = users::password_hash.eq(&user.password_hash);
    diesel::update(users::table.find(user.id).filter(unchanged))
        .set(users::password_hash.eq(password_hash))
        .execute(tx.conn())?;
    Ok(())
}
