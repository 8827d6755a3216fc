//! Keys: writing them, and finding one.

use diesel::prelude::*;
use keyward_key::{Environment, KeyDigest};

use super::change::Tx;
use super::key_rows::{KeyRow, expiry_to_row, fold, join};
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

/// Inserts a key and returns its id.
pub fn insert(tx: &mut Tx, new: &NewKey) -> Result<i64, DbError> {
    let (terms, created_by) = (new.terms, tx.actor().name());
    let changed_in = tx.changed_in();
    let id = diesel::insert_into(keys::table)
        .values((
            (
                keys::project_id.eq(new.project_id),
                keys::digest.eq(new.digest.as_bytes()),
                keys::prefix.eq(new.prefix),
                keys::label.eq(&terms.label),
                keys::label_folded.eq(fold(&terms.label)),
                keys::environment.eq(new.environment.as_str()),
                keys::scopes.eq(join(&terms.scopes)),
                keys::expires_at.eq(expiry_to_row(terms.expires_at)),
            ),
            (
                keys::rate_limit_requests.eq(terms.rate_limit.map(|limit| limit.requests)),
                keys::rate_limit_seconds.eq(terms.rate_limit.map(|limit| limit.seconds)),
                keys::allowed_ips.eq(join(&terms.allowed_ips)),
                keys::created_at.eq(new.created_at),
                keys::created_by.eq(created_by),
                keys::replaces.eq(new.replaces),
                keys::quiet_since.eq(new.created_at),
                keys::changed_in.eq(changed_in),
            ),
        ))
        .returning(keys::id)
        .get_result(tx.conn())?;
    if let Some(replaced) = new.replaces {
        diesel::update(keys::table.find(replaced))
            .set(keys::replaced_by.eq(id))
            .execute(tx.conn())?;
    }
    diesel::update(projects::table.find(new.project_id))
        .set(projects::key_count.eq(projects::key_count + 1))
        .execute(tx.conn())?;
    let findable = Findable {
        label: &terms.label,
        prefix: new.prefix,
        created_by,
        scopes: &terms.scopes,
    };
    key_search::index(tx, new.project_id, id, &findable)?;
    Ok(id)
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
            keys::version.eq(keys::version + 1),
            keys::changed_in.eq(changed_in),
        ))
        .execute(tx.conn())?;
    let findable = Findable {
        label: &terms.label,
        prefix: &key.prefix,
        created_by: &key.created_by,
        scopes: &terms.scopes,
    };
    key_search::index(tx, key.project_id, key.id, &findable)
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
