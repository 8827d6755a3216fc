//! How a key is stored in its row and read back.

use diesel::prelude::*;
use ipnet::IpNet;
use keyward_key::{Environment, scope};
use serde_json::{Map, Value};
use time::macros::datetime;

use super::schema::keys;
use crate::clock::UtcTime;
use crate::records::{Key, LastUse, RateLimit, Revocation, RevokeReason};

/// The stored expiry of a key that never expires.
const NEVER: UtcTime = datetime!(9999-12-31 0:00);

pub(super) fn expiry_to_row(expires_at: Option<UtcTime>) -> UtcTime {
    expires_at.unwrap_or(NEVER)
}

pub(super) fn expiry_from_row(kept: UtcTime) -> Option<UtcTime> {
    (kept != NEVER).then_some(kept)
}

/// The environment that a row stores.
pub(super) fn environment_from_row(kept: &str) -> Environment {
    kept.parse().unwrap_or(Environment::Live)
}

/// Folds a text for sorting and searching.
pub(super) fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// The words of a folded text: its pieces between spaces, and these without what is no letter or
/// digit.
pub(super) fn words_in(folded: &str) -> impl Iterator<Item = &str> {
    let pieces = folded.split_whitespace();
    let words = folded.split(|c: char| !c.is_alphanumeric());
    pieces.chain(words).filter(|word| !word.is_empty())
}

/// Joins names or networks for one column.
pub(super) fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

/// The networks that [`join`] wrote.
pub(super) fn networks(kept: &str) -> Vec<IpNet> {
    kept.split(' ').filter_map(|net| net.parse().ok()).collect()
}

/// The text of a key's metadata; `None` if there is none.
pub(super) fn metadata_to_row(metadata: &Map<String, Value>) -> Option<String> {
    let is_there = !metadata.is_empty();
    is_there.then(|| Value::from(metadata.clone()).to_string())
}

/// The metadata that [`metadata_to_row`] wrote.
pub(super) fn metadata_from_row(kept: Option<&str>) -> Map<String, Value> {
    kept.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// The rate limit of two columns that are either both set or both not.
pub(super) fn rate_limit(requests: Option<i64>, seconds: Option<i64>) -> Option<RateLimit> {
    let (requests, seconds) = requests.zip(seconds)?;
    Some(RateLimit { requests, seconds })
}

/// A row of `keys`, without its digest.
#[derive(Queryable, Selectable)]
#[diesel(table_name = keys)]
pub(super) struct KeyRow {
    id: i64,
    project_id: i64,
    pub(super) prefix: String,
    pub(super) label: String,
    pub(super) label_folded: String,
    environment: String,
    scopes: String,
    pub(super) expires_at: UtcTime,
    rate_limit_requests: Option<i64>,
    rate_limit_seconds: Option<i64>,
    allowed_ips: String,
    consumer: Option<String>,
    metadata: Option<String>,
    owner: Option<String>,
    created_at: UtcTime,
    created_by: String,
    pub(super) revoked_at: Option<UtcTime>,
    revoked_by: Option<String>,
    revoke_reason: Option<String>,
    revoke_note: Option<String>,
    replaces: Option<i64>,
    replaced_by: Option<i64>,
    pub(super) last_used_at: Option<UtcTime>,
    last_used_ip: Option<String>,
    last_used_agent: Option<String>,
    pub(super) tried_at: Option<UtcTime>,
    version: i64,
}

impl From<KeyRow> for Key {
    fn from(row: KeyRow) -> Key {
        let (by, note) = (row.revoked_by.unwrap_or_default(), row.revoke_note);
        let reason = row
            .revoke_reason
            .as_deref()
            .and_then(|reason| reason.parse().ok());
        let revocation = row.revoked_at.map(|at| Revocation {
            at,
            by,
            reason: reason.unwrap_or(RevokeReason::Other),
            note,
        });
        let (ip, user_agent) = (row.last_used_ip, row.last_used_agent);
        Key {
            id: row.id,
            project_id: row.project_id,
            label: row.label,
            prefix: row.prefix,
            environment: environment_from_row(&row.environment),
            scopes: scope::split(&row.scopes),
            expires_at: expiry_from_row(row.expires_at),
            rate_limit: rate_limit(row.rate_limit_requests, row.rate_limit_seconds),
            allowed_ips: networks(&row.allowed_ips),
            consumer: row.consumer,
            metadata: metadata_from_row(row.metadata.as_deref()),
            owner: row.owner,
            created_at: row.created_at,
            created_by: row.created_by,
            revocation,
            replaces: row.replaces,
            replaced_by: row.replaced_by,
            tried_at: row.tried_at,
            last_use: row.last_used_at.map(|at| LastUse { at, ip, user_agent }),
            version: row.version,
            refused_as_expired: false,
        }
    }
}
