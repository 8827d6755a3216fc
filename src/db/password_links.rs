//! One-time links with which a person chooses a password: invitations and resets.

use diesel::prelude::*;
use keyward_key::KeyDigest;

use super::change::{Permission, Tx, UnauditedTx, sealed};
use super::schema::{password_links, users};
use super::users::UserRow;
use super::{AnyConnection, DbError};
use crate::access::Actor;
use crate::clock::UtcTime;
use crate::records::User;

/// The proof that somebody holds a person's link. [`permit_for`] makes it.
pub struct LinkPermit<'a> {
    actor: &'a Actor,
    digest: KeyDigest,
    user: User,
}

impl LinkPermit<'_> {
    /// The person whose link it is.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// What the database stores of the link.
    pub fn digest(&self) -> KeyDigest {
        self.digest
    }
}

impl sealed::Sealed for &LinkPermit<'_> {}

impl Permission for &LinkPermit<'_> {
    fn actor(&self) -> &Actor {
        self.actor
    }
}

/// Lets `actor`, who holds the link with this digest, choose the password of the person it belongs
/// to; `None` if the link was used, has expired, or never existed, or the person is disabled.
pub fn permit_for<'a>(
    conn: &mut AnyConnection,
    actor: &'a Actor,
    digest: KeyDigest,
    now: UtcTime,
) -> Result<Option<LinkPermit<'a>>, DbError> {
    let user = person(conn, &digest, now)?;
    Ok(user.map(|user| LinkPermit {
        actor,
        digest,
        user,
    }))
}

/// The person whose link this is, if it has not expired and they are not disabled.
pub fn person(
    conn: &mut AnyConnection,
    digest: &KeyDigest,
    now: UtcTime,
) -> Result<Option<User>, DbError> {
    password_links::table
        .inner_join(users::table)
        .filter(password_links::digest.eq(digest.as_bytes()))
        .filter(password_links::expires_at.gt(now))
        .filter(users::disabled_at.is_null())
        .select(UserRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(User::from))
}

/// Uses up a link, and returns whether it still existed.
pub fn take(tx: &mut Tx, digest: &KeyDigest) -> Result<bool, DbError> {
    let own = password_links::table.filter(password_links::digest.eq(digest.as_bytes()));
    Ok(diesel::delete(own).execute(tx.conn())? > 0)
}

/// Stores the digest of a link, replacing any other that the person has.
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

/// Ends a person's link, because it was used or no longer may be.
pub fn delete_of_user(tx: &mut Tx, user: i64) -> Result<(), DbError> {
    diesel::delete(password_links::table.filter(password_links::user_id.eq(user)))
        .execute(tx.conn())?;
    Ok(())
}

/// Drops links that have expired.
pub fn delete_expired(tx: &mut UnauditedTx, now: UtcTime) -> Result<usize, DbError> {
    diesel::delete(password_links::table.filter(password_links::expires_at.le(now)))
        .execute(tx.conn())
}
