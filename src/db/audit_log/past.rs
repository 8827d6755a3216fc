//! The entries that the past is worked out from.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::Row;
use crate::clock::UtcTime;
use crate::db::schema::audit_entries;
use crate::db::{AnyConnection, DbError};
use crate::records::AuditEntry;

/// The number of the last entry before this time; 0 if there is none.
///
/// # Errors
/// The database fails.
pub fn last_before(conn: &mut AnyConnection, end: UtcTime) -> Result<i64, DbError> {
    let last: Option<i64> = audit_entries::table
        .filter(audit_entries::at.lt(end))
        .order((audit_entries::at.desc(), audit_entries::id.desc()))
        .select(audit_entries::id)
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Every entry about one of these keys, the newest first.
///
/// # Errors
/// The database fails.
pub fn about_keys(conn: &mut AnyConnection, ids: &[i64]) -> Result<Vec<AuditEntry>, DbError> {
    // One query for each of the two indexes.
    let of_key: Vec<Row> = audit_entries::table
        .filter(audit_entries::key_id.eq_any(ids))
        .select(Row::as_select())
        .load(conn)?;
    let of_other: Vec<Row> = audit_entries::table
        .filter(audit_entries::related_key_id.eq_any(ids))
        .select(Row::as_select())
        .load(conn)?;
    let all = of_key.into_iter().chain(of_other).map(AuditEntry::from);
    let all: BTreeMap<i64, AuditEntry> = all.map(|entry| (entry.id, entry)).collect();
    Ok(all.into_values().rev().collect())
}

/// Every entry with one of these actions, in this project or, without one, in any and in none; the
/// newest first.
///
/// # Errors
/// The database fails.
pub fn of_actions(
    conn: &mut AnyConnection,
    actions: &[&str],
    project: Option<i64>,
) -> Result<Vec<AuditEntry>, DbError> {
    let mut query = audit_entries::table
        .filter(audit_entries::action.eq_any(actions))
        .order(audit_entries::id.desc())
        .select(Row::as_select())
        .into_boxed();
    if let Some(project) = project {
        query = query.filter(audit_entries::project_id.eq(project));
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}
