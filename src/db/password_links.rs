//! Links with which a person chooses a password, once: invitations and resets.

use diesel::prelude::*;

use super::change::{Tx, Upkeep};
use super::schema::{password_links, users};
use super::users::User;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::key::KeyDigest;

/// The person whose link this is, if it hasn't run out.
pub fn person(
    conn: &mut AnyConnection,
    digest: &KeyDigest,
    now: UtcTime,
) -> Result<Option<User>, DbError> {
    password_links::table
        .inner_join(users::table)
        .filter(password_links::digest.eq(digest.as_bytes()))
        .filter(password_links::expires_at.gt(now))
        .select(User::as_select())
        .first(conn)
        .optional()
}

/// Keeps the digest of a link, in place of any other that the person has.
pub fn put(tx: &mut Tx, user: i64, digest: &KeyDigest, expires_at: UtcTime) -> Result<(), DbError> {
    delete_of_user(tx, user)?;
    diesel::insert_into(password_links::table)
        .values((
            password_links::digest.eq(digest.as_bytes()),
            password_links::user_id.eq(user),
            password_links::expires_at.eq(expires_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends the link of a person: it was used, or must not be.
pub fn delete_of_user(tx: &mut Tx, user: i64) -> Result<(), DbError> {
    diesel::delete(password_links::table.filter(password_links::user_id.eq(user)))
        .execute(tx.conn())?;
    Ok(())
}

/// Drops links that have run out.
pub fn delete_expired(upkeep: &mut Upkeep, now: UtcTime) -> Result<usize, DbError> {
    diesel::delete(password_links::table.filter(password_links::expires_at.le(now)))
        .execute(upkeep.conn())
}
