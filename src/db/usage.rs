//! How often keys were presented, by hour and outcome, and when they were last used.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamp};
use diesel::upsert::excluded;

use time::macros::format_description;
use time::{Date, Duration};

use super::change::UnauditedTx;
use super::schema::{key_usage, keys};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::LastUse;

/// How often a key was presented in one hour with one outcome. A folded count covers a whole day.
#[derive(Clone, Debug, PartialEq, Eq, Insertable)]
#[diesel(table_name = key_usage)]
pub struct Count<'a> {
    /// The presented key; unknown keys are not counted.
    pub key_id: i64,
    /// The start of the hour or, once folded, of the day.
    pub hour: UtcTime,
    /// The code of the outcome, for instance `VALID`.
    pub outcome: &'a str,
    /// Added to what is stored, so it counts only what is new.
    pub requests: i64,
}

macro_rules! upsert {
    ($rows:expr) => {
        diesel::insert_into(key_usage::table)
            .values($rows)
            .on_conflict((key_usage::key_id, key_usage::hour, key_usage::outcome))
            .do_update()
            .set(key_usage::requests.eq(key_usage::requests + excluded(key_usage::requests)))
    };
}

/// Adds to the stored counts. A combination of key, hour and outcome must not appear twice.
pub fn add(tx: &mut UnauditedTx, counts: &[Count]) -> Result<(), DbError> {
    match tx.conn() {
        AnyConnection::Sqlite(conn) => {
            for count in counts {
                upsert!(count).execute(conn)?;
            }
        }
        AnyConnection::Postgres(conn) => {
            upsert!(counts).execute(conn)?;
        }
    }
    Ok(())
}

/// Records the last use of these keys, unless a later one is already recorded.
pub fn set_last_uses(tx: &mut UnauditedTx, uses: &[(i64, &LastUse)]) -> Result<(), DbError> {
    match tx.conn() {
        AnyConnection::Sqlite(conn) => {
            for (key, last) in uses {
                let later = keys::last_used_at
                    .is_null()
                    .or(keys::last_used_at.lt(last.at));
                diesel::update(keys::table.find(key).filter(later))
                    .set((
                        keys::last_used_at.eq(last.at),
                        keys::last_used_ip.eq(&last.ip),
                        keys::last_used_agent.eq(&last.user_agent),
                        keys::quiet_since.eq(last.at),
                    ))
                    .execute(conn)?;
            }
        }
        // One statement for all: a round trip each would take a second for a thousand keys.
        AnyConnection::Postgres(conn) => {
            let ids: Vec<i64> = uses.iter().map(|(key, _)| *key).collect();
            let times: Vec<UtcTime> = uses.iter().map(|(_, last)| last.at).collect();
            let ips: Vec<Option<&str>> = uses.iter().map(|(_, last)| last.ip.as_deref()).collect();
            let agents: Vec<Option<&str>> = uses
                .iter()
                .map(|(_, last)| last.user_agent.as_deref())
                .collect();
            diesel::sql_query(
                "UPDATE keys SET last_used_at = used.at, last_used_ip = used.ip,
                     last_used_agent = used.agent, quiet_since = used.at
                 FROM unnest($1, $2, $3, $4) AS used (id, at, ip, agent)
                 WHERE keys.id = used.id
                     AND (keys.last_used_at IS NULL OR keys.last_used_at < used.at)",
            )
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Timestamp>, _>(times)
            .bind::<Array<Nullable<Text>>, _>(ips)
            .bind::<Array<Nullable<Text>>, _>(agents)
            .execute(conn)?;
        }
    }
    Ok(())
}

/// Records when these keys, which had ended, were last presented.
pub fn set_tries(tx: &mut UnauditedTx, tries: &[(i64, UtcTime)]) -> Result<(), DbError> {
    match tx.conn() {
        AnyConnection::Sqlite(conn) => {
            for (key, at) in tries {
                let later = keys::tried_at.is_null().or(keys::tried_at.lt(at));
                diesel::update(keys::table.find(key).filter(later))
                    .set(keys::tried_at.eq(at))
                    .execute(conn)?;
            }
        }
        AnyConnection::Postgres(conn) => {
            let (ids, times): (Vec<i64>, Vec<UtcTime>) = tries.iter().copied().unzip();
            diesel::sql_query(
                "UPDATE keys SET tried_at = tried.at FROM unnest($1, $2) AS tried (id, at)
                 WHERE keys.id = tried.id AND (keys.tried_at IS NULL OR keys.tried_at < tried.at)",
            )
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<Timestamp>, _>(times)
            .execute(conn)?;
        }
    }
    Ok(())
}

/// The counts of a key from the hour `since` on: start of the hour, outcome, requests.
pub fn of_key(
    conn: &mut AnyConnection,
    key: i64,
    since: UtcTime,
) -> Result<Vec<(UtcTime, String, i64)>, DbError> {
    key_usage::table
        .filter(key_usage::key_id.eq(key))
        .filter(key_usage::hour.ge(since))
        .order(key_usage::hour)
        .select((key_usage::hour, key_usage::outcome, key_usage::requests))
        .load(conn)
}

/// How often a key passed and was refused on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// The presented key.
    pub key_id: i64,
    /// In UTC.
    pub day: Date,
    /// How many requests had the outcome `VALID`.
    pub passed: i64,
    /// How many requests had any other outcome.
    pub refused: i64,
}

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = BigInt)]
    key_id: i64,
    #[diesel(sql_type = Text)]
    day: String,
    #[diesel(sql_type = BigInt)]
    passed: i64,
    #[diesel(sql_type = BigInt)]
    refused: i64,
}

/// The counts of each of these keys on each of so many days, from `first` on.
pub fn by_day(
    conn: &mut AnyConnection,
    ids: &[i64],
    first: Date,
    days: i64,
) -> Result<Vec<DayCount>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    let time = match conn {
        AnyConnection::Sqlite(_) => "",
        AnyConnection::Postgres(_) => "TIMESTAMP ",
    };
    let days: Vec<String> = (0..days)
        .map(|offset| {
            let day = first + Duration::days(offset);
            let next = day + Duration::DAY;
            format!("('{day}', {time}'{day} 00:00:00', {time}'{next} 00:00:00')")
        })
        .collect();
    // A sum for each day is a read of that day alone; grouping would sort all hours first. Numbers and
    // dates of our own: nothing here comes from outside.
    let query = format!(
        "WITH days (day, start, next) AS (VALUES {})
         SELECT keys.id AS key_id, day, CAST(coalesce((
             SELECT sum(requests) FROM key_usage
             WHERE key_id = keys.id AND hour >= start AND hour < next AND outcome = 'VALID'
           ), 0) AS BIGINT) AS passed, CAST(coalesce((
             SELECT sum(requests) FROM key_usage
             WHERE key_id = keys.id AND hour >= start AND hour < next AND outcome <> 'VALID'
           ), 0) AS BIGINT) AS refused
         FROM keys, days WHERE keys.id IN ({})",
        days.join(", "),
        ids.join(", ")
    );
    let rows: Vec<DayRow> = diesel::sql_query(query).load(conn)?;
    let counts = rows.into_iter().filter_map(|row| {
        Some(DayCount {
            key_id: row.key_id,
            day: Date::parse(&row.day, format_description!("[year]-[month]-[day]")).ok()?,
            passed: row.passed,
            refused: row.refused,
        })
    });
    Ok(counts.collect())
}

/// Keys with many requests, each with how many these were, the most first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Busiest {
    /// By requests with the outcome `VALID`.
    pub passed: Vec<(i64, i64)>,
    /// By requests with any other outcome.
    pub refused: Vec<(i64, i64)>,
}

#[derive(QueryableByName)]
struct BusyRow {
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = BigInt)]
    key_id: i64,
    #[diesel(sql_type = BigInt)]
    requests: i64,
}

/// The keys of a project with the most requests since `since`: at most `limit` of either kind.
pub fn busiest(
    conn: &mut AnyConnection,
    project: i64,
    since: UtcTime,
    limit: i64,
) -> Result<Busiest, DbError> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let since = since.format(&format).unwrap_or_default();
    let most = |outcome: &str| {
        format!(
            "SELECT * FROM (
               SELECT '{outcome}' AS outcome, key_id, CAST({outcome} AS BIGINT) AS requests FROM used
               WHERE {outcome} > 0 AND EXISTS (
                 SELECT 1 FROM keys WHERE id = key_id AND project_id = {project})
               ORDER BY {outcome} DESC, key_id LIMIT {limit}
             ) AS {outcome}"
        )
    };
    // Read once, and only then asked for the project: it may have far more keys than are used.
    // Numbers and a time of our own: nothing here comes from outside.
    let query = format!(
        "WITH used AS MATERIALIZED (
           SELECT key_id, sum(CASE WHEN outcome = 'VALID' THEN requests ELSE 0 END) AS passed,
             sum(CASE WHEN outcome = 'VALID' THEN 0 ELSE requests END) AS refused
           FROM key_usage WHERE hour >= '{since}' GROUP BY key_id
         ) {} UNION ALL {} ORDER BY outcome, requests DESC, key_id",
        most("passed"),
        most("refused")
    );
    let mut busiest = Busiest::default();
    for row in diesel::sql_query(query).load::<BusyRow>(conn)? {
        let list = match row.outcome == "passed" {
            true => &mut busiest.passed,
            false => &mut busiest.refused,
        };
        list.push((row.key_id, row.requests));
    }
    Ok(busiest)
}

/// The oldest hour that has a count.
pub fn oldest_hour(conn: &mut AnyConnection) -> Result<Option<UtcTime>, DbError> {
    key_usage::table
        .select(key_usage::hour)
        .order(key_usage::hour)
        .first(conn)
        .optional()
}

type Row = (i64, UtcTime, String, i64);

/// At most `limit` counts of the hours after `after` and before `before`.
pub fn between(
    conn: &mut AnyConnection,
    after: UtcTime,
    before: UtcTime,
    limit: i64,
) -> Result<Vec<Row>, DbError> {
    key_usage::table
        .filter(key_usage::hour.gt(after))
        .filter(key_usage::hour.lt(before))
        .order((key_usage::hour, key_usage::key_id, key_usage::outcome))
        .limit(limit)
        .select((
            key_usage::key_id,
            key_usage::hour,
            key_usage::outcome,
            key_usage::requests,
        ))
        .load(conn)
}

/// Deletes these counts. With `into`, adds each to that hour of the same key and outcome. Counts
/// that another instance has deleted in the meantime are skipped.
pub fn fold(tx: &mut UnauditedTx, rows: &[Row], into: Option<UtcTime>) -> Result<(), DbError> {
    for (key_id, hour, outcome, _) in rows {
        let row = key_usage::table.find((key_id, hour, outcome));
        // As it is now: more may have been added since it was read.
        let dropped: Option<i64> = diesel::delete(row)
            .returning(key_usage::requests)
            .get_result(tx.conn())
            .optional()?;
        if let (Some(hour), Some(requests)) = (into, dropped) {
            let folded = Count {
                key_id: *key_id,
                hour,
                outcome,
                requests,
            };
            add(tx, &[folded])?;
        }
    }
    Ok(())
}
