//! How often a project's keys were presented, by hour and outcome: what `usage` has, added up.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::change::UnauditedTx;
use super::schema::{keys, project_usage};
use super::usage::Count;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

macro_rules! upsert {
    ($row:expr) => {
        diesel::insert_into(project_usage::table)
            .values($row)
            .on_conflict((
                project_usage::project_id,
                project_usage::hour,
                project_usage::outcome,
            ))
            .do_update()
            .set(
                project_usage::requests
                    .eq(project_usage::requests + excluded(project_usage::requests)),
            )
    };
}

/// Adds counts of keys to those of their projects.
pub fn add(tx: &mut UnauditedTx, counts: &[Count]) -> Result<(), DbError> {
    let ids: Vec<i64> = counts.iter().map(|count| count.key_id).collect();
    let projects: HashMap<i64, i64> = keys::table
        .filter(keys::id.eq_any(&ids))
        .select((keys::id, keys::project_id))
        .load(tx.conn())?
        .into_iter()
        .collect();
    let mut sums: Sums = BTreeMap::new();
    for count in counts {
        if let Some(project) = projects.get(&count.key_id) {
            let sum = sums
                .entry((*project, count.hour, count.outcome))
                .or_default();
            *sum += count.requests;
        }
    }
    add_sums(tx, sums)
}

/// Requests by project, hour and outcome: sorted, so that instances that write the same rows can't
/// deadlock.
type Sums<'a> = BTreeMap<(i64, UtcTime, &'a str), i64>;

fn add_sums(tx: &mut UnauditedTx, sums: Sums) -> Result<(), DbError> {
    for ((project, hour, outcome), requests) in sums {
        let row = (
            project_usage::project_id.eq(project),
            project_usage::hour.eq(hour),
            project_usage::outcome.eq(outcome),
            project_usage::requests.eq(requests),
        );
        match tx.conn() {
            AnyConnection::Sqlite(conn) => upsert!(row).execute(conn)?,
            AnyConnection::Postgres(conn) => upsert!(row).execute(conn)?,
        };
    }
    Ok(())
}

/// The counts of a project from the hour `since` on: start of the hour, outcome, requests.
pub fn of_project(
    conn: &mut AnyConnection,
    project: i64,
    since: UtcTime,
) -> Result<Vec<(UtcTime, String, i64)>, DbError> {
    project_usage::table
        .filter(project_usage::project_id.eq(project))
        .filter(project_usage::hour.ge(since))
        .order(project_usage::hour)
        .select((
            project_usage::hour,
            project_usage::outcome,
            project_usage::requests,
        ))
        .load(conn)
}

type Row = (i64, UtcTime, String);

/// At most `limit` projects, hours and outcomes with a count after `after` and before `before`.
pub fn between(
    conn: &mut AnyConnection,
    after: UtcTime,
    before: UtcTime,
    limit: i64,
) -> Result<Vec<Row>, DbError> {
    let all = project_usage::table.filter(project_usage::hour.gt(after));
    // In order, so that instances that fold the same day can't deadlock.
    all.filter(project_usage::hour.lt(before))
        .order((
            project_usage::hour,
            project_usage::project_id,
            project_usage::outcome,
        ))
        .limit(limit)
        .select((
            project_usage::project_id,
            project_usage::hour,
            project_usage::outcome,
        ))
        .load(conn)
}

/// Deletes these counts and adds each to the hour `into` of the same project and outcome. Counts that
/// another instance has deleted in the meantime are skipped.
pub fn fold(tx: &mut UnauditedTx, rows: &[Row], into: UtcTime) -> Result<(), DbError> {
    let mut sums: Sums = BTreeMap::new();
    for (project, hour, outcome) in rows {
        let row = project_usage::table.find((project, hour, outcome));
        let dropped: Option<i64> = diesel::delete(row)
            .returning(project_usage::requests)
            .get_result(tx.conn())
            .optional()?;
        *sums.entry((*project, into, outcome)).or_default() += dropped.unwrap_or(0);
    }
    sums.retain(|_, requests| *requests > 0);
    add_sums(tx, sums)
}

/// Whether there are counts of hours before `before`.
pub fn has_before(conn: &mut AnyConnection, before: UtcTime) -> Result<bool, DbError> {
    let all = project_usage::table.filter(project_usage::hour.lt(before));
    let first: Option<i64> = all
        .select(project_usage::project_id)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// Deletes the counts of hours before `before`.
pub fn forget(tx: &mut UnauditedTx, before: UtcTime) -> Result<(), DbError> {
    diesel::delete(project_usage::table.filter(project_usage::hour.lt(before)))
        .execute(tx.conn())?;
    Ok(())
}
