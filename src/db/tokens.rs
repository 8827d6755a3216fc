//! Personal tokens, with which people's scripts authenticate.

use diesel::prelude::*;
use keyward_key::{KeyDigest, scope};

use super::change::{Tx, UnauditedTx};
use super::schema::personal_tokens;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::Token;

/// A row of `personal_tokens`, without its digest.
#[derive(Queryable, Selectable)]
#[diesel(table_name = personal_tokens)]
struct TokenRow {
    id: i64,
    user_id: i64,
    prefix: String,
    description: String,
    permissions: String,
    project_id: Option<i64>,
    created_at: UtcTime,
    expires_at: UtcTime,
    last_used_at: Option<UtcTime>,
    last_used_ip: Option<String>,
    revoked_at: Option<UtcTime>,
    revoked_by: Option<String>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Token {
            id: row.id,
            user_id: row.user_id,
            prefix: row.prefix,
            description: row.description,
            permissions: scope::split(&row.permissions),
            project_id: row.project_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            last_used_ip: row.last_used_ip,
            revoked_at: row.revoked_at,
            revoked_by: row.revoked_by,
        }
    }
}

/// A token to insert.
pub struct NewToken<'a> {
    /// The owner, whose roles limit what the token can do.
    pub user_id: i64,
    /// SHA-256 of the secret, which is not stored.
    pub digest: KeyDigest,
    /// The start of the secret, kept in clear so that its owner recognises it.
    pub prefix: &'a str,
    /// What its owner calls it.
    pub description: &'a str,
    /// Names separated by spaces.
    pub permissions: &'a str,
    /// The only project it can be used on; `None` is all of its owner's.
    pub project_id: Option<i64>,
    /// Every token expires; see `max_token_days` in the settings.
    pub expires_at: UtcTime,
}

/// Inserts a token and returns its id.
pub fn insert(tx: &mut Tx, new: &NewToken) -> Result<i64, DbError> {
    let now = tx.now();
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

/// The token with this digest, whether or not it is still active.
pub fn by_digest(conn: &mut AnyConnection, digest: &KeyDigest) -> Result<Option<Token>, DbError> {
    personal_tokens::table
        .filter(personal_tokens::digest.eq(digest.as_bytes()))
        .select(TokenRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(Token::from))
}

/// The token of this person with this id.
pub fn by_id(conn: &mut AnyConnection, user: i64, id: i64) -> Result<Option<Token>, DbError> {
    personal_tokens::table
        .find(id)
        .filter(personal_tokens::user_id.eq(user))
        .select(TokenRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(Token::from))
}

/// A person's tokens, newest first.
pub fn of_user(conn: &mut AnyConnection, user: i64) -> Result<Vec<Token>, DbError> {
    let rows: Vec<TokenRow> = personal_tokens::table
        .filter(personal_tokens::user_id.eq(user))
        .order(personal_tokens::id.desc())
        .select(TokenRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Token::from).collect())
}

/// Revokes a token that is not revoked yet.
pub fn revoke(tx: &mut Tx, id: i64) -> Result<(), DbError> {
    tx.settles();
    let (by, now) = (tx.actor().name(), tx.now());
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

/// Records that a token was used.
pub fn touch(
    tx: &mut UnauditedTx,
    id: i64,
    client_ip: Option<&str>,
    now: UtcTime,
) -> Result<(), DbError> {
    diesel::update(personal_tokens::table.find(id))
        .set((
            personal_tokens::last_used_at.eq(now),
            personal_tokens::last_used_ip.eq(client_ip),
        ))
        .execute(tx.conn())?;
    Ok(())
}
