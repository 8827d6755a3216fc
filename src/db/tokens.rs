//! Personal tokens: what people's scripts identify themselves with.

use diesel::prelude::*;

use super::change::{Tx, Upkeep};
use super::schema::personal_tokens;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::key::{KeyDigest, scope};

/// Everything that is kept of a personal token, except its digest.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = personal_tokens)]
pub struct Token {
    pub id: i64,
    pub user_id: i64,
    pub prefix: String,
    pub description: String,
    permissions: String,
    /// The one project it is bound to; `None` is all.
    pub project_id: Option<i64>,
    pub created_at: UtcTime,
    pub expires_at: UtcTime,
    pub last_used_at: Option<UtcTime>,
    pub last_used_ip: Option<String>,
    pub revoked_at: Option<UtcTime>,
    pub revoked_by: Option<String>,
}

impl Token {
    /// The names of what it may do.
    pub fn permissions(&self) -> Vec<String> {
        scope::split(&self.permissions)
    }

    /// Whether it lets anything through at the time `now`.
    pub fn is_active(&self, now: UtcTime) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// A token about to be written.
pub struct NewToken<'a> {
    pub user_id: i64,
    pub digest: KeyDigest,
    pub prefix: &'a str,
    pub description: &'a str,
    /// Names parted by spaces.
    pub permissions: &'a str,
    pub project_id: Option<i64>,
    pub expires_at: UtcTime,
}

/// Writes a new token and gives back its id.
pub fn insert(tx: &mut Tx, new: &NewToken, now: UtcTime) -> Result<i64, DbError> {
    diesel::insert_into(personal_tokens::table)
        .values((
            personal_tokens::user_id.eq(new.user_id),
            personal_tokens::digest.eq(new.digest.as_bytes()),
            personal_tokens::prefix.eq(new.prefix),
            personal_tokens::description.eq(new.description),
            personal_tokens::permissions.eq(new.permissions),
            personal_tokens::project_id.eq(new.project_id),
            personal_tokens::created_at.eq(now),
            personal_tokens::expires_at.eq(new.expires_at),
        ))
        .returning(personal_tokens::id)
        .get_result(tx.conn())
}

/// The token with this digest.
pub fn by_digest(conn: &mut AnyConnection, digest: &KeyDigest) -> Result<Option<Token>, DbError> {
    personal_tokens::table
        .filter(personal_tokens::digest.eq(digest.as_bytes()))
        .select(Token::as_select())
        .first(conn)
        .optional()
}

/// The token of this person with this id.
pub fn by_id(conn: &mut AnyConnection, user: i64, id: i64) -> Result<Option<Token>, DbError> {
    personal_tokens::table
        .find(id)
        .filter(personal_tokens::user_id.eq(user))
        .select(Token::as_select())
        .first(conn)
        .optional()
}

/// A person's tokens, the newest first.
pub fn of_user(conn: &mut AnyConnection, user: i64) -> Result<Vec<Token>, DbError> {
    personal_tokens::table
        .filter(personal_tokens::user_id.eq(user))
        .order(personal_tokens::id.desc())
        .select(Token::as_select())
        .load(conn)
}

/// Ends a token that was not revoked yet.
pub fn revoke(tx: &mut Tx, id: i64, by: &str, now: UtcTime) -> Result<(), DbError> {
    let alive = personal_tokens::table
        .find(id)
        .filter(personal_tokens::revoked_at.is_null());
    diesel::update(alive)
        .set((
            personal_tokens::revoked_at.eq(now),
            personal_tokens::revoked_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Notes that a token is in use.
pub fn touch(
    upkeep: &mut Upkeep,
    id: i64,
    client_ip: Option<&str>,
    now: UtcTime,
) -> Result<(), DbError> {
    diesel::update(personal_tokens::table.find(id))
        .set((
            personal_tokens::last_used_at.eq(now),
            personal_tokens::last_used_ip.eq(client_ip),
        ))
        .execute(upkeep.conn())?;
    Ok(())
}
