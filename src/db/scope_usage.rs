//! Which scopes requests asked keys for, and got.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::change::UnauditedTx;
use super::schema::{keys, project_scope_usage, scope_usage};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// How often a key that has a scope was asked for it in one hour.
#[derive(Clone, Debug, PartialEq, Eq, Insertable)]
#[diesel(table_name = scope_usage)]
pub struct ScopeCount<'a> {
    /// The presented key.
    pub key_id: i64,
    /// Empty for requests that asked for none.
    pub scope: &'a str,
    /// The start of the hour or, once folded, of the day.
    pub hour: UtcTime,
    /// Added to what is stored, so it counts only what is new.
    pub requests: i64,
}

macro_rules! upsert {
    ($rows:expr) => {
        diesel::insert_into(scope_usage::table)
            .values($rows)
            .on_conflict((scope_usage::key_id, scope_usage::scope, scope_usage::hour))
            .do_update()
            .set(scope_usage::requests.eq(scope_usage::requests + excluded(scope_usage::requests)))
    };
}

macro_rules! upsert_of_project {
    ($row:expr) => {
        diesel::insert_into(project_scope_usage::table)
            .values($row)
            .on_conflict((
                project_scope_usage::project_id,
                project_scope_usage::scope,
                project_scope_usage::day,
            ))
            .do_update()
            .set(
                project_scope_usage::requests
                    .eq(project_scope_usage::requests + excluded(project_scope_usage::requests)),
            )
    };
}

/// Adds to the stored counts of keys and of their projects. A combination of key, scope and hour must
/// not appear twice.
pub fn add(tx: &mut UnauditedTx, counts: &[ScopeCount]) -> Result<(), DbError> {
    add_to_keys(tx, counts)?;
    let ids: Vec<i64> = counts.iter().map(|count| count.key_id).collect();
    let projects: HashMap<i64, i64> = keys::table
        .filter(keys::id.eq_any(&ids))
        .select((keys::id, keys::project_id))
        .load(tx.conn())?
        .into_iter()
        .collect();
    // Sorted, so that instances that write the same rows can't deadlock.
    let mut sums: BTreeMap<(i64, &str, UtcTime), i64> = BTreeMap::new();
    for count in counts {
        if let Some(project) = projects.get(&count.key_id) {
            let name = (*project, count.scope, count.hour.date().midnight());
            *sums.entry(name).or_default() += count.requests;
        }
    }
    for ((project, scope, day), requests) in sums {
        let row = (
            project_scope_usage::project_id.eq(project),
            project_scope_usage::scope.eq(scope),
            project_scope_usage::day.eq(day),
            project_scope_usage::requests.eq(requests),
        );
        match tx.conn() {
            AnyConnection::Sqlite(conn) => upsert_of_project!(row).execute(conn)?,
            AnyConnection::Postgres(conn) => upsert_of_project!(row).execute(conn)?,
        };
    }
    Ok(())
}

fn add_to_keys(tx: &mut UnauditedTx, counts: &[ScopeCount]) -> Result<(), DbError> {
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

/// A scope that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Empty for requests that asked for none.
    pub scope: String,
    /// How many requests asked for it.
    pub requests: i64,
    /// The start of the hour, or of the day, of the latest.
    pub last: UtcTime,
}

/// What a key was asked for from the hour `since` on, by scope.
pub fn of_key(conn: &mut AnyConnection, key: i64, since: UtcTime) -> Result<Vec<Asked>, DbError> {
    let rows = scope_usage::table
        .filter(scope_usage::key_id.eq(key))
        .filter(scope_usage::hour.ge(since))
        .select((scope_usage::scope, scope_usage::hour, scope_usage::requests))
        .load(conn)?;
    Ok(by_scope(rows))
}

/// What the keys of a project were asked for from the day `since` on, by scope.
pub fn of_project(
    conn: &mut AnyConnection,
    project: i64,
    since: UtcTime,
) -> Result<Vec<Asked>, DbError> {
    let rows = project_scope_usage::table
        .filter(project_scope_usage::project_id.eq(project))
        .filter(project_scope_usage::day.ge(since))
        .select((
            project_scope_usage::scope,
            project_scope_usage::day,
            project_scope_usage::requests,
        ))
        .load(conn)?;
    Ok(by_scope(rows))
}

fn by_scope(rows: Vec<(String, UtcTime, i64)>) -> Vec<Asked> {
    let mut all: BTreeMap<String, (i64, UtcTime)> = BTreeMap::new();
    for (scope, at, requests) in rows {
        let (sum, last) = all.entry(scope).or_insert((0, at));
        *sum += requests;
        *last = at.max(*last);
    }
    let asked = |(scope, (requests, last))| Asked {
        scope,
        requests,
        last,
    };
    all.into_iter().map(asked).collect()
}

/// The first day on which a key of a project was asked for anything, or for nothing, that is kept.
pub fn first_day(conn: &mut AnyConnection, project: i64) -> Result<Option<UtcTime>, DbError> {
    project_scope_usage::table
        .filter(project_scope_usage::project_id.eq(project))
        .select(project_scope_usage::day)
        .order(project_scope_usage::day)
        .first(conn)
        .optional()
}

type Row = (i64, String, UtcTime);

/// At most `limit` keys, scopes and hours with a count after `after` and before `before`.
pub fn between(
    conn: &mut AnyConnection,
    after: UtcTime,
    before: UtcTime,
    limit: i64,
) -> Result<Vec<Row>, DbError> {
    scope_usage::table
        .filter(scope_usage::hour.gt(after))
        .filter(scope_usage::hour.lt(before))
        .order((scope_usage::hour, scope_usage::key_id, scope_usage::scope))
        .limit(limit)
        .select((scope_usage::key_id, scope_usage::scope, scope_usage::hour))
        .load(conn)
}

/// Deletes these counts. With `into`, adds each to that hour of the same key and scope. Counts that
/// another instance has deleted in the meantime are skipped.
pub fn fold(tx: &mut UnauditedTx, rows: &[Row], into: Option<UtcTime>) -> Result<(), DbError> {
    for (key_id, scope, hour) in rows {
        let row = scope_usage::table.find((key_id, scope, hour));
        let dropped: Option<i64> = diesel::delete(row)
            .returning(scope_usage::requests)
            .get_result(tx.conn())
            .optional()?;
        if let (Some(hour), Some(requests)) = (into, dropped) {
            let folded = ScopeCount {
                key_id: *key_id,
                scope,
                hour,
                requests,
            };
            add_to_keys(tx, &[folded])?;
        }
    }
    Ok(())
}

/// Whether there are counts of projects of days before `before`.
pub fn has_before(conn: &mut AnyConnection, before: UtcTime) -> Result<bool, DbError> {
    let old = project_scope_usage::table.filter(project_scope_usage::day.lt(before));
    let first: Option<i64> = old
        .select(project_scope_usage::project_id)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// Deletes the counts of projects of days before `before`.
pub fn forget_of_projects(tx: &mut UnauditedTx, before: UtcTime) -> Result<(), DbError> {
    let old = project_scope_usage::table.filter(project_scope_usage::day.lt(before));
    diesel::delete(old).execute(tx.conn())?;
    Ok(())
}
