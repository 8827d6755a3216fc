//! Hours in which instances could not record everything.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::change::UnauditedTx;
use super::schema::usage_gaps;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// What was not recorded in one hour, of all keys together.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = usage_gaps)]
pub struct Gap {
    /// The start of the hour.
    pub hour: UtcTime,
    /// Requests that were not counted.
    pub requests: i64,
    /// Requests that were counted, but not where they came from.
    pub without_source: i64,
}

macro_rules! upsert {
    ($rows:expr) => {
        diesel::insert_into(usage_gaps::table)
            .values($rows)
            .on_conflict(usage_gaps::hour)
            .do_update()
            .set((
                usage_gaps::requests.eq(usage_gaps::requests + excluded(usage_gaps::requests)),
                usage_gaps::without_source
                    .eq(usage_gaps::without_source + excluded(usage_gaps::without_source)),
            ))
    };
}

/// Adds to what is stored. No hour may appear twice.
pub fn add(tx: &mut UnauditedTx, gaps: &[Gap]) -> Result<(), DbError> {
    for gap in gaps {
        match tx.conn() {
            AnyConnection::Sqlite(conn) => upsert!(gap).execute(conn)?,
            AnyConnection::Postgres(conn) => upsert!(gap).execute(conn)?,
        };
    }
    Ok(())
}

/// The gaps from the hour `since` on, in order.
pub fn since(conn: &mut AnyConnection, since: UtcTime) -> Result<Vec<Gap>, DbError> {
    usage_gaps::table
        .filter(usage_gaps::hour.ge(since))
        .order(usage_gaps::hour)
        .select(Gap::as_select())
        .load(conn)
}

/// Forgets the gaps before the hour `before`.
pub fn forget(tx: &mut UnauditedTx, before: UtcTime) -> Result<(), DbError> {
    diesel::delete(usage_gaps::table.filter(usage_gaps::hour.lt(before))).execute(tx.conn())?;
    Ok(())
}
