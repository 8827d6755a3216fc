//! Where keys are used from.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};
use diesel::upsert::excluded;
use time::macros::format_description;

use super::change::UnauditedTx;
use super::schema::key_sources::{self, dsl};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::network;
use crate::records::Source;

/// How many sources are kept for each key.
pub const KEPT_SOURCES: usize = 100;

/// How a key was used from one source (an address and user agent).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceUse {
    /// The first request, whether it passed or not.
    pub first_seen: UtcTime,
    /// The latest request, whether it passed or not.
    pub last_seen: UtcTime,
    /// How many requests had the outcome `VALID`.
    pub passed: i64,
    /// How many requests had any other outcome.
    pub refused: i64,
    /// Time and code of the latest refusal; `None` if there was none.
    pub refusal: Option<(UtcTime, &'static str)>,
}

impl SourceUse {
    /// Adds uses from the same source at other times.
    pub fn add(&mut self, other: &SourceUse) {
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.passed += other.passed;
        self.refused += other.refused;
        self.refusal = self.refusal.max(other.refusal);
    }
}

/// A row of `key_sources`, as it is read back.
#[derive(Queryable, Selectable)]
#[diesel(table_name = key_sources)]
struct SourceRow {
    ip: String,
    user_agent: String,
    first_seen: UtcTime,
    last_seen: UtcTime,
    passed: i64,
    refused: i64,
    refused_at: Option<UtcTime>,
    refusal: Option<String>,
}

impl From<SourceRow> for Source {
    fn from(row: SourceRow) -> Self {
        Source {
            ip: row.ip,
            user_agent: row.user_agent,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            passed: row.passed,
            refused: row.refused,
            refused_at: row.refused_at,
            refusal: row.refusal,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = key_sources)]
struct Row<'a> {
    key_id: i64,
    ip: &'a str,
    user_agent: &'a str,
    first_seen: UtcTime,
    last_seen: UtcTime,
    passed: i64,
    refused: i64,
    refused_at: Option<UtcTime>,
    refusal: Option<&'a str>,
    network: String,
}

/// Inserts rows, or adds them to those that exist. A macro, because Diesel has no `ON CONFLICT`
/// that works for both databases.
macro_rules! upsert {
    ($rows:expr) => {
        diesel::insert_into(key_sources::table)
            .values($rows)
            .on_conflict((dsl::key_id, dsl::ip, dsl::user_agent))
            .do_update()
            .set((
                dsl::network.eq(excluded(dsl::network)),
                dsl::passed.eq(dsl::passed + excluded(dsl::passed)),
                dsl::refused.eq(dsl::refused + excluded(dsl::refused)),
                dsl::last_seen.eq(case_when(
                    excluded(dsl::last_seen).gt(dsl::last_seen),
                    excluded(dsl::last_seen),
                )
                .otherwise(dsl::last_seen)),
                dsl::refused_at.eq(case_when(
                    excluded(dsl::refused_at).is_not_null(),
                    excluded(dsl::refused_at),
                )
                .otherwise(dsl::refused_at)),
                dsl::refusal.eq(case_when(
                    excluded(dsl::refusal).is_not_null(),
                    excluded(dsl::refusal),
                )
                .otherwise(dsl::refusal)),
            ))
    };
}

/// Adds uses, each as key, address, user agent and use. A source must not appear twice.
pub fn add(tx: &mut UnauditedTx, seen: &[(i64, &str, &str, &SourceUse)]) -> Result<(), DbError> {
    let rows: Vec<Row> = seen
        .iter()
        .map(|(key, ip, user_agent, used)| Row {
            key_id: *key,
            ip,
            user_agent,
            first_seen: used.first_seen,
            last_seen: used.last_seen,
            passed: used.passed,
            refused: used.refused,
            refused_at: used.refusal.map(|(at, _)| at),
            refusal: used.refusal.map(|(_, code)| code),
            network: network_of(ip),
        })
        .collect();
    match tx.conn() {
        AnyConnection::Sqlite(conn) => {
            for row in &rows {
                upsert!(row).execute(conn)?;
            }
        }
        AnyConnection::Postgres(conn) => {
            upsert!(&rows).execute(conn)?;
        }
    }
    Ok(())
}

/// The network that an address belongs to, as it is stored; empty if it is not known.
fn network_of(ip: &str) -> String {
    let network = ip.parse().ok().map(network::around);
    network
        .map(|network| network.to_string())
        .unwrap_or_default()
}

/// A network that keys of a project were presented from.
#[derive(Debug, QueryableByName)]
pub struct Network {
    /// In CIDR notation; empty if the address was not known.
    #[diesel(sql_type = Text)]
    pub network: String,
    /// How many keys were presented from there.
    #[diesel(sql_type = BigInt)]
    pub keys: i64,
    /// How many requests passed, since each source was first met.
    #[diesel(sql_type = BigInt)]
    pub passed: i64,
    /// How many were refused.
    #[diesel(sql_type = BigInt)]
    pub refused: i64,
    /// The latest request from there.
    #[diesel(sql_type = Timestamp)]
    pub last_seen: UtcTime,
}

/// The networks that keys of a project were presented from since `since`, at most `limit`, those with
/// the most requests first.
pub fn networks_of(
    conn: &mut AnyConnection,
    project: i64,
    since: UtcTime,
    limit: i64,
) -> Result<Vec<Network>, DbError> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let since = since.format(&format).unwrap_or_default();
    // Numbers and a time of our own: nothing here comes from outside.
    let query = format!(
        "SELECT network, count(DISTINCT key_id) AS keys, CAST(sum(passed) AS BIGINT) AS passed,
           CAST(sum(refused) AS BIGINT) AS refused, max(last_seen) AS last_seen
         FROM key_sources JOIN keys ON keys.id = key_sources.key_id
         WHERE keys.project_id = {project} AND last_seen >= '{since}'
         GROUP BY network ORDER BY sum(passed) + sum(refused) DESC, network LIMIT {limit}"
    );
    diesel::sql_query(query).load(conn)
}

/// When the oldest source to keep was last seen; `None` if the key has fewer than [`KEPT_SOURCES`].
pub fn oldest_kept(conn: &mut AnyConnection, key: i64) -> Result<Option<UtcTime>, DbError> {
    key_sources::table
        .filter(key_sources::key_id.eq(key))
        .select(key_sources::last_seen)
        .order(key_sources::last_seen.desc())
        .offset(KEPT_SOURCES as i64 - 1)
        .first(conn)
        .optional()
}

/// Deletes the sources of a key that were last seen before `before`.
pub fn prune(tx: &mut UnauditedTx, key: i64, before: UtcTime) -> Result<(), DbError> {
    let old = key_sources::table
        .filter(key_sources::key_id.eq(key))
        .filter(key_sources::last_seen.lt(before));
    diesel::delete(old).execute(tx.conn())?;
    Ok(())
}

/// The sources of a key, most recent first.
pub fn of_key(conn: &mut AnyConnection, key: i64) -> Result<Vec<Source>, DbError> {
    let rows: Vec<SourceRow> = key_sources::table
        .filter(key_sources::key_id.eq(key))
        .order(key_sources::last_seen.desc())
        .limit(KEPT_SOURCES as i64)
        .select(SourceRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Source::from).collect())
}

/// A source by its primary key: key, address, user agent.
type Name = (i64, String, String);

/// At most `limit` sources last seen before `before`, oldest first.
pub fn older_than(
    conn: &mut AnyConnection,
    before: UtcTime,
    limit: i64,
) -> Result<Vec<Name>, DbError> {
    key_sources::table
        .filter(key_sources::last_seen.lt(before))
        .order(key_sources::last_seen)
        .limit(limit)
        .select((
            key_sources::key_id,
            key_sources::ip,
            key_sources::user_agent,
        ))
        .load(conn)
}

/// Deletes these sources.
pub fn forget(tx: &mut UnauditedTx, sources: &[Name]) -> Result<(), DbError> {
    for (key, ip, user_agent) in sources {
        let source = key_sources::table.find((key, ip, user_agent));
        diesel::delete(source).execute(tx.conn())?;
    }
    Ok(())
}
