//! The time that the database has seen advance, which deletions go by.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::change::UnauditedTx;
use super::schema::{audit_entries, trusted_time};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// The trusted time. Before there is one, the time of the last audit entry; `None` if there is no
/// entry either.
pub fn read(conn: &mut AnyConnection) -> Result<Option<UtcTime>, DbError> {
    let stored = trusted_time::table
        .select(trusted_time::at)
        .first(conn)
        .optional()?;
    if stored.is_some() {
        return Ok(stored);
    }
    audit_entries::table
        .order(audit_entries::id.desc())
        .select(audit_entries::at)
        .first(conn)
        .optional()
}

macro_rules! upsert {
    ($at:expr) => {
        diesel::insert_into(trusted_time::table)
            .values((trusted_time::id.eq(1), trusted_time::at.eq($at)))
            .on_conflict(trusted_time::id)
            .do_update()
            .set(trusted_time::at.eq(excluded(trusted_time::at)))
    };
}

/// Sets the trusted time.
pub fn set(tx: &mut UnauditedTx, at: UtcTime) -> Result<(), DbError> {
    match tx.conn() {
        AnyConnection::Sqlite(conn) => upsert!(at).execute(conn)?,
        AnyConnection::Postgres(conn) => upsert!(at).execute(conn)?,
    };
    Ok(())
}
