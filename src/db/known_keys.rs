//! What verifications need to know of keys and projects, and what of it changed.

use diesel::prelude::*;
use ipnet::IpNet;
use keyward_key::scope::{self, Inclusion};
use keyward_key::{Environment, KeyDigest};

use super::key_rows::{environment_from_row, expiry_from_row, networks, rate_limit};
use super::schema::{keys, projects, scopes};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::RateLimit;

/// A key, as far as verdicts depend on it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownKey {
    pub id: i64,
    pub project_id: i64,
    pub digest: KeyDigest,
    pub label: String,
    pub environment: Environment,
    /// Names parted by single spaces.
    pub scopes: String,
    pub expires_at: Option<UtcTime>,
    pub rate_limit: Option<RateLimit>,
    pub allowed_ips: Vec<IpNet>,
    pub revoked: bool,
    /// The audit entry that last changed it.
    pub changed_in: i64,
}

/// A project, as far as verdicts on its keys depend on it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownProject {
    pub id: i64,
    pub slug: String,
    /// For keys without one of their own.
    pub rate_limit: Option<RateLimit>,
    /// The scopes of the catalogue that include others.
    pub inclusions: Vec<Inclusion>,
    /// None of its keys works any more.
    pub archived: bool,
    /// It has keys from another system, whose secrets may have any shape.
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

/// The largest id of a key; 0 if there is none.
pub fn last_id(conn: &mut AnyConnection) -> Result<i64, DbError> {
    let last: Option<i64> = keys::table
        .select(keys::id)
        .order(keys::id.desc())
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Keys with ids above `after` and below `end`, in their order, at most `limit`.
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
    All,
    ChangedAfter(i64),
    WithIds(&'a [i64]),
}

/// These projects, with what their catalogues include.
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
    let including: Vec<(i64, String, String)> = scopes::table
        .filter(scopes::project_id.eq_any(&ids))
        .filter(scopes::includes.ne(""))
        .select((scopes::project_id, scopes::name, scopes::includes))
        .load(conn)?;
    let inclusions = |project: i64| {
        let own = including.iter().filter(|(owner, ..)| *owner == project);
        own.map(|(_, scope, includes)| Inclusion {
            scope: scope.clone(),
            includes: scope::split(includes),
        })
        .collect()
    };
    let known = rows.into_iter().map(|row| KnownProject {
        id: row.0,
        inclusions: inclusions(row.0),
        slug: row.1,
        rate_limit: rate_limit(row.2, row.3),
        changed_in: row.4,
        archived: row.5.is_some(),
        has_imported: row.6,
    });
    Ok(known.collect())
}
