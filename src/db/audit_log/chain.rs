//! The audit log in the order of its chain: to verify, to export, and to cut off.

use diesel::dsl::min;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Nullable};

use super::{Actions, AuditFilter, Row, actions, filtered};
use crate::clock::UtcTime;
use crate::db::change::UnauditedTx;
use crate::db::instances::Head;
use crate::db::schema::audit_entries;
use crate::db::{AnyConnection, DbError, audit_terms as terms};
use crate::records::{AuditEntry, ChainedEntry};

/// The entries from the number `first` to `last` that `filter` lets through, with their hashes, in
/// the order of the chain. There are few enough numbers between them that no time limit is asked for.
///
/// # Errors
/// The database fails.
pub fn stretch(
    conn: &mut AnyConnection,
    filter: &AuditFilter,
    first: i64,
    last: i64,
) -> Result<Vec<ChainedEntry>, DbError> {
    let wanted = filter.wanted();
    let present = match filter.actions {
        Actions::All => Vec::new(),
        _ => actions(conn)?,
    };
    let rows: Vec<(Row, Vec<u8>, Vec<u8>)> = filtered(false, filter, &wanted, &present)
        .filter(audit_entries::id.between(first, last))
        .order(audit_entries::id)
        .select((
            Row::as_select(),
            audit_entries::previous_hash,
            audit_entries::hash,
        ))
        .load(conn)?;
    let chained = |(row, previous_hash, hash): (Row, _, _)| ChainedEntry {
        entry: row.into(),
        previous_hash,
        hash,
    };
    Ok(rows.into_iter().map(chained).collect())
}

/// One entry.
///
/// # Errors
/// The database fails.
pub fn entry(conn: &mut AnyConnection, id: i64) -> Result<Option<ChainedEntry>, DbError> {
    Ok(stretch(conn, &AuditFilter::everything(), id, id)?.pop())
}

/// Where the log begins and ends, as of one moment.
pub struct Extent {
    /// What the database says is the end.
    pub head: Head,
    /// The smallest number of an entry that is there.
    pub first: Option<i64>,
    /// The largest one.
    pub last: Option<i64>,
}

/// Where the log begins and ends.
///
/// # Errors
/// The database fails.
pub fn extent(conn: &mut AnyConnection) -> Result<Extent, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        entry: i64,
        #[diesel(sql_type = Binary)]
        hash: Vec<u8>,
        #[diesel(sql_type = Nullable<BigInt>)]
        first: Option<i64>,
        #[diesel(sql_type = Nullable<BigInt>)]
        last: Option<i64>,
    }
    // One statement sees one moment.
    let found: Found = sql_query(
        "SELECT last_entry AS entry, hash, (SELECT min(id) FROM audit_entries) AS first,
           (SELECT max(id) FROM audit_entries) AS last
         FROM audit_head",
    )
    .get_result(conn)?;
    Ok(Extent {
        head: Head {
            entry: found.entry,
            hash: found.hash,
        },
        first: found.first,
        last: found.last,
    })
}

/// The number and the hash of the last entry before all that were written at `time` or later; `None`
/// if that is not after the entry `begin`. The last entry of the log is never it.
///
/// # Errors
/// The database fails.
pub fn last_before(
    conn: &mut AnyConnection,
    begin: i64,
    time: UtcTime,
) -> Result<Option<(i64, Vec<u8>)>, DbError> {
    let kept: Option<i64> = audit_entries::table
        .filter(audit_entries::id.gt(begin))
        .filter(audit_entries::at.ge(time))
        .select(min(audit_entries::id))
        .first(conn)?;
    let kept = match kept {
        Some(kept) => kept,
        None => extent(conn)?.head.entry,
    };
    audit_entries::table
        .filter(audit_entries::id.gt(begin))
        .filter(audit_entries::id.lt(kept))
        .order(audit_entries::id.desc())
        .select((audit_entries::id, audit_entries::hash))
        .first(conn)
        .optional()
}

/// The first entries, up to the number `last`, at most `limit`.
///
/// # Errors
/// The database fails.
pub fn first(conn: &mut AnyConnection, last: i64, limit: i64) -> Result<Vec<AuditEntry>, DbError> {
    let rows: Vec<Row> = audit_entries::table
        .filter(audit_entries::id.le(last))
        .order(audit_entries::id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// Deletes entries that a checkpoint says were cut off. The database refuses any other.
///
/// # Errors
/// The database fails.
pub fn delete(tx: &mut UnauditedTx, entries: &[AuditEntry]) -> Result<(), DbError> {
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    diesel::delete(audit_entries::table.filter(audit_entries::id.eq_any(ids)))
        .execute(tx.conn())?;
    for entry in entries {
        let words = terms::words(&entry.subject, &entry.details);
        terms::delete(tx.conn(), entry.id, &words)?;
    }
    Ok(())
}

/// How many entries there are.
///
/// # Errors
/// The database fails.
pub fn count(conn: &mut AnyConnection) -> Result<i64, DbError> {
    let extent = extent(conn)?;
    Ok(extent
        .first
        .map_or(0, |first| extent.head.entry - first + 1))
}
