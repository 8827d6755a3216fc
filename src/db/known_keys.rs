//! What verifications need to know about keys and projects, and which of it has changed.

use std::sync::Arc;

use diesel::prelude::*;
use ipnet::IpNet;
use keyward_key::scope::{self, Catalogue};
use keyward_key::{Environment, KeyDigest};

use super::key_rows::{environment_from_row, expiry_from_row, networks, rate_limit};
use super::schema::{keys, projects, scopes};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::RateLimit;

/// The part of a key that verdicts and their answers depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownKey {
    /// Returned in answers, and what usage is counted by.
    pub id: i64,
    /// The project whose limit and catalogue apply.
    pub project_id: i64,
    /// SHA-256 of the secret, by which a presented key is found.
    pub digest: KeyDigest,
    /// Only returned in answers; no verdict depends on it.
    pub label: String,
    /// Never changes.
    pub environment: Environment,
    /// Names separated by single spaces.
    pub scopes: String,
    /// `None` never expires.
    pub expires_at: Option<UtcTime>,
    /// `None` applies the project's limit.
    pub rate_limit: Option<RateLimit>,
    /// Networks the key may be used from; empty allows any address.
    pub allowed_ips: Vec<IpNet>,
    /// Only returned in answers; no verdict depends on it.
    pub consumer: Option<String>,
    /// Never becomes false again.
    pub revoked: bool,
    /// The audit entry that last changed it.
    pub changed_in: i64,
}

/// The part of a project that verdicts on its keys depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownProject {
    /// See [`KnownKey::project_id`].
    pub id: i64,
    /// What requests and answers name the project by; never changes.
    pub slug: String,
    /// For keys that have no limit of their own; `None` is unlimited.
    pub rate_limit: Option<RateLimit>,
    /// Its scopes, with what they include.
    pub catalogue: Arc<Catalogue>,
    /// If true, none of its keys works any more.
    pub archived: bool,
    /// Whether it has keys from another system, whose secrets may have any format.
    pub has_imported: bool,
    /// The audit entry that last changed it.
    pub changed_in: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = keys)]
struct KnownKeyRow {
    id: i64,
    project_id: i64,
    digest: Vec<u8>,
    label: String,
    environment: String,
    scopes: String,
    expires_at: UtcTime,
    rate_limit_requests: Option<i64>,
    rate_limit_seconds: Option<i64>,
    allowed_ips: String,
    consumer: Option<String>,
    revoked_at: Option<UtcTime>,
    changed_in: i64,
}

impl From<KnownKeyRow> for KnownKey {
    fn from(row: KnownKeyRow) -> Self {
        KnownKey {
            id: row.id,
            project_id: row.project_id,
            digest: KeyDigest::from_row(&row.digest),
            label: row.label,
            environment: environment_from_row(&row.environment),
            scopes: row.scopes,
            expires_at: expiry_from_row(row.expires_at),
            rate_limit: rate_limit(row.rate_limit_requests, row.rate_limit_seconds),
            allowed_ips: networks(&row.allowed_ips),
            consumer: row.consumer,
            revoked: row.revoked_at.is_some(),
            changed_in: row.changed_in,
        }
    }
}

/// The key with this digest, by one statement over its unique index.
pub fn by_digest(
    conn: &mut AnyConnection,
    digest: &KeyDigest,
) -> Result<Option<KnownKey>, DbError> {
    let row: Option<KnownKeyRow> = keys::table
        .filter(keys::digest.eq(digest.as_bytes()))
        .select(KnownKeyRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(KnownKey::from))
}

/// The largest key id; 0 if there are no keys.
pub fn last_id(conn: &mut AnyConnection) -> Result<i64, DbError> {
    let last: Option<i64> = keys::table
        .select(keys::id)
        .order(keys::id.desc())
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// At most `limit` keys with ids above `after` and below `end`, in ascending order.
pub fn page(
    conn: &mut AnyConnection,
    after: i64,
    end: i64,
    limit: i64,
) -> Result<Vec<KnownKey>, DbError> {
    let rows: Vec<KnownKeyRow> = keys::table
        .filter(keys::id.gt(after).and(keys::id.lt(end)))
        .order(keys::id)
        .limit(limit)
        .select(KnownKeyRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(KnownKey::from).collect())
}

/// Every key that changed after the audit entry `entry`.
pub fn changed_after(conn: &mut AnyConnection, entry: i64) -> Result<Vec<KnownKey>, DbError> {
    let rows: Vec<KnownKeyRow> = keys::table
        .filter(keys::changed_in.gt(entry))
        .select(KnownKeyRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(KnownKey::from).collect())
}

/// Which projects to read.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Every project, archived ones included.
    All,
    /// Projects that changed after this audit entry.
    ChangedAfter(i64),
    /// Projects with these ids; unknown ids are ignored.
    WithIds(&'a [i64]),
}

/// The requested projects, with their catalogues.
pub fn projects(conn: &mut AnyConnection, which: Which) -> Result<Vec<KnownProject>, DbError> {
    type Row = (
        i64,
        String,
        Option<i64>,
        Option<i64>,
        i64,
        Option<UtcTime>,
        bool,
    );
    let columns = (
        projects::id,
        projects::slug,
        projects::rate_limit_requests,
        projects::rate_limit_seconds,
        projects::changed_in,
        projects::archived_at,
        projects::has_imported,
    );
    let rows: Vec<Row> = match which {
        Which::All => projects::table.select(columns).load(conn)?,
        Which::ChangedAfter(entry) => projects::table
            .filter(projects::changed_in.gt(entry))
            .select(columns)
            .load(conn)?,
        Which::WithIds(ids) => projects::table
            .filter(projects::id.eq_any(ids))
            .select(columns)
            .load(conn)?,
    };
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let scopes: Vec<(i64, String, String)> = scopes::table
        .filter(scopes::project_id.eq_any(&ids))
        .select((scopes::project_id, scopes::name, scopes::includes))
        .load(conn)?;
    let catalogue = |project: i64| {
        let own = scopes.iter().filter(|(owner, ..)| *owner == project);
        let own =
            own.map(|(_, scope, includes)| (scope.as_str(), scope::parts(includes).collect()));
        Arc::new(Catalogue::new(own))
    };
    let known = rows.into_iter().map(|row| KnownProject {
        id: row.0,
        catalogue: catalogue(row.0),
        slug: row.1,
        rate_limit: rate_limit(row.2, row.3),
        changed_in: row.4,
        archived: row.5.is_some(),
        has_imported: row.6,
    });
    Ok(known.collect())
}
