//! Keys: writing them, and finding one.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use keyward_key::{Environment, KeyDigest};
use serde_json::{Map, Value};

use super::change::Tx;
use super::key_rows::{KeyRow, expiry_to_row, fold, join, metadata_from_row, metadata_to_row};
use super::key_search::{self, Findable};
use super::projects::ProjectRow;
use super::schema::{keys, projects};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::{Key, KeyTerms, Project, Revocation};

/// A key to insert.
pub struct NewKey<'a> {
    /// Can't be changed later.
    pub project_id: i64,
    /// SHA-256 of the secret; unique across all projects.
    pub digest: KeyDigest,
    /// The start of the secret, kept in clear so that people recognise the key.
    pub prefix: &'a str,
    /// Can't be changed later.
    pub environment: Environment,
    /// Already checked against the rules of the project.
    pub terms: &'a KeyTerms,
    /// In the past for keys from another system.
    pub created_at: UtcTime,
    /// The key that this one is rotated from, if any.
    pub replaces: Option<i64>,
}

/// The key of this project with this id.
pub fn by_id(conn: &mut AnyConnection, project: i64, id: i64) -> Result<Option<Key>, DbError> {
    keys::table
        .find(id)
        .filter(keys::project_id.eq(project))
        .select(KeyRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(Key::from))
}

/// The project a key belongs to.
pub fn project_of(conn: &mut AnyConnection, id: i64) -> Result<Option<Project>, DbError> {
    keys::table
        .inner_join(projects::table)
        .filter(keys::id.eq(id))
        .select(ProjectRow::as_select())
        .first(conn)
        .optional()
        .map(|row| row.map(Project::from))
}

/// Inserts the rows of new keys with one statement, as each statement costs more than a row. Returns
/// their digests and ids. A macro, because the types differ between the databases.
macro_rules! insert_rows {
    ($new:expr, $created_by:expr, $changed_in:expr, $conn:expr) => {{
        let rows = $new.iter().map(|new| {
            let (requests, seconds) = match new.terms.rate_limit {
                Some(limit) => (Some(limit.requests), Some(limit.seconds)),
                None => (None, None),
            };
            (
                (
                    keys::project_id.eq(new.project_id),
                    keys::digest.eq(new.digest.as_bytes()),
                    keys::prefix.eq(new.prefix),
                    keys::label.eq(&new.terms.label),
                    keys::label_folded.eq(fold(&new.terms.label)),
                    keys::environment.eq(new.environment.as_str()),
                    keys::scopes.eq(join(&new.terms.scopes)),
                    keys::expires_at.eq(expiry_to_row(new.terms.expires_at)),
                ),
                (
                    // As expressions: a null in one row must not leave its column out.
                    keys::rate_limit_requests.eq(requests.into_sql::<Nullable<BigInt>>()),
                    keys::rate_limit_seconds.eq(seconds.into_sql::<Nullable<BigInt>>()),
                    keys::allowed_ips.eq(join(&new.terms.allowed_ips)),
                    keys::created_at.eq(new.created_at),
                    keys::created_by.eq($created_by),
                    keys::replaces.eq(new.replaces.into_sql::<Nullable<BigInt>>()),
                    keys::quiet_since.eq(new.created_at),
                    keys::changed_in.eq($changed_in),
                ),
                (
                    keys::consumer.eq(new.terms.consumer.clone().into_sql::<Nullable<Text>>()),
                    keys::owner.eq(new.terms.owner.clone().into_sql::<Nullable<Text>>()),
                    keys::metadata
                        .eq(metadata_to_row(&new.terms.metadata).into_sql::<Nullable<Text>>()),
                ),
            )
        });
        diesel::insert_into(keys::table)
            .values(rows.collect::<Vec<_>>())
            .returning((keys::digest, keys::id))
            .get_results::<(Vec<u8>, i64)>($conn)?
    }};
}

/// Inserts a key and returns its id.
pub fn insert(tx: &mut Tx, new: &NewKey) -> Result<i64, DbError> {
    let ids = insert_all(tx, new.project_id, std::slice::from_ref(new))?;
    let id = ids.into_iter().next().ok_or(DbError::NotFound)?;
    if let Some(replaced) = new.replaces {
        diesel::update(keys::table.find(replaced))
            .set(keys::replaced_by.eq(id))
            .execute(tx.conn())?;
    }
    Ok(id)
}

/// Inserts keys of one project, at most 1,000, and returns their ids in the same order.
pub fn insert_all(tx: &mut Tx, project: i64, new: &[NewKey]) -> Result<Vec<i64>, DbError> {
    let (created_by, changed_in) = (tx.actor().name(), tx.changed_in());
    let inserted = match tx.conn() {
        AnyConnection::Sqlite(conn) => insert_rows!(new, created_by, changed_in, conn),
        AnyConnection::Postgres(conn) => insert_rows!(new, created_by, changed_in, conn),
    };
    let inserted: HashMap<Vec<u8>, i64> = inserted.into_iter().collect();
    let ids = new
        .iter()
        .map(|new| inserted.get(new.digest.as_bytes()).copied());
    let ids: Vec<i64> = ids.collect::<Option<_>>().ok_or(DbError::NotFound)?;
    let number = i64::try_from(new.len()).unwrap_or(i64::MAX);
    diesel::update(projects::table.find(project))
        .set(projects::key_count.eq(projects::key_count + number))
        .execute(tx.conn())?;
    let findable = new.iter().zip(&ids).map(|(new, id)| {
        let findable = Findable {
            label: &new.terms.label,
            prefix: new.prefix,
            created_by,
            scopes: &new.terms.scopes,
            consumer: new.terms.consumer.as_deref(),
            owner: new.terms.owner.as_deref(),
        };
        (*id, findable)
    });
    key_search::index_new(tx, project, findable)?;
    Ok(ids)
}

/// The keys with these digests, in any project, each with its digest.
pub fn with_digests(
    conn: &mut AnyConnection,
    digests: &[KeyDigest],
) -> Result<Vec<(KeyDigest, Key)>, DbError> {
    let digests: Vec<&[u8]> = digests.iter().map(|digest| digest.as_bytes()).collect();
    let rows: Vec<(Vec<u8>, KeyRow)> = keys::table
        .filter(keys::digest.eq_any(digests))
        .select((keys::digest, KeyRow::as_select()))
        .load(conn)?;
    let keyed = rows
        .into_iter()
        .map(|(digest, row)| (KeyDigest::from_row(&digest), Key::from(row)));
    Ok(keyed.collect())
}

/// A key's owner and metadata.
pub type Details = (Option<String>, Map<String, Value>);

/// What a service that verifies a key may be told besides the verdict.
pub fn details(conn: &mut AnyConnection, id: i64) -> Result<Option<Details>, DbError> {
    let row: Option<(Option<String>, Option<String>)> = keys::table
        .find(id)
        .select((keys::owner, keys::metadata))
        .first(conn)
        .optional()?;
    Ok(row.map(|(owner, metadata)| (owner, metadata_from_row(metadata.as_deref()))))
}

/// Writes the edited terms and increments the version.
pub fn update(tx: &mut Tx, key: &Key, terms: &KeyTerms) -> Result<(), DbError> {
    let changed_in = tx.changed_in();
    diesel::update(keys::table.find(key.id))
        .set((
            keys::label.eq(&terms.label),
            keys::label_folded.eq(fold(&terms.label)),
            keys::scopes.eq(join(&terms.scopes)),
            keys::expires_at.eq(expiry_to_row(terms.expires_at)),
            keys::rate_limit_requests.eq(terms.rate_limit.map(|limit| limit.requests)),
            keys::rate_limit_seconds.eq(terms.rate_limit.map(|limit| limit.seconds)),
            keys::allowed_ips.eq(join(&terms.allowed_ips)),
            keys::consumer.eq(&terms.consumer),
            keys::owner.eq(&terms.owner),
            keys::metadata.eq(metadata_to_row(&terms.metadata)),
            keys::version.eq(keys::version + 1),
            keys::changed_in.eq(changed_in),
        ))
        .execute(tx.conn())?;
    let findable = Findable {
        label: &terms.label,
        prefix: &key.prefix,
        created_by: &key.created_by,
        scopes: &terms.scopes,
        consumer: terms.consumer.as_deref(),
        owner: terms.owner.as_deref(),
    };
    key_search::index_again(tx, key.project_id, key.id, findable)
}

/// Revokes a key that is not revoked yet. Nothing in Keyward sets `revoked_at` back to null.
pub fn revoke(tx: &mut Tx, id: i64, revocation: &Revocation) -> Result<(), DbError> {
    let changed_in = tx.changed_in();
    diesel::update(keys::table.find(id).filter(keys::revoked_at.is_null()))
        .set((
            keys::revoked_at.eq(revocation.at),
            keys::revoked_by.eq(&revocation.by),
            keys::revoke_reason.eq(revocation.reason.as_str()),
            keys::revoke_note.eq(&revocation.note),
            keys::changed_in.eq(changed_in),
        ))
        .execute(tx.conn())?;
    Ok(())
}
