//! The two ways to write.
//!
//! A [`change`] is something a person did: it takes the audit log's head first, and commits
//! together with its entry or not at all. An [`upkeep`] is what the service writes for itself
//! (sessions, counts, what ran out) and has no entry. The types keep them apart: a function
//! that takes `&mut Tx` can only be called inside a change.

use diesel::Connection;

use super::audit::{self, AuditEntry};
use super::{AnyConnection, DbError};

/// A write transaction that ends with an audit entry. Only [`change`] makes one.
pub struct Tx<'a>(&'a mut AnyConnection);

impl Tx<'_> {
    /// The connection, to read and write inside the transaction.
    pub fn conn(&mut self) -> &mut AnyConnection {
        self.0
    }
}

/// A write transaction for the service's own records. Only [`upkeep`] makes one.
pub struct Upkeep<'a>(&'a mut AnyConnection);

impl Upkeep<'_> {
    /// The connection, to write inside the transaction.
    pub fn conn(&mut self) -> &mut AnyConnection {
        self.0
    }
}

/// Runs `f` in a transaction that no other change can interleave with, and commits its writes
/// together with the audit entry it returns.
///
/// The first statement takes the audit log's head, and with it the write lock on both
/// databases. On SQLite this is what keeps a read followed by a write from failing when
/// another writer came between.
///
/// # Errors
/// What `f` fails with, or the database; nothing is written then.
pub fn change<T, E: From<DbError>>(
    conn: &mut AnyConnection,
    f: impl FnOnce(&mut Tx) -> Result<(T, AuditEntry), E>,
) -> Result<T, E> {
    conn.transaction(|conn| {
        let head = audit::take_head(conn)?;
        let mut tx = Tx(conn);
        let (value, entry) = f(&mut tx)?;
        audit::append(&mut tx, head, entry)?;
        Ok(value)
    })
}

/// Runs `f` in a transaction without an audit entry. Its first statement must be a write.
///
/// # Errors
/// What `f` fails with, or the database; nothing is written then.
pub fn upkeep<T, E: From<DbError>>(
    conn: &mut AnyConnection,
    f: impl FnOnce(&mut Upkeep) -> Result<T, E>,
) -> Result<T, E> {
    conn.transaction(|conn| f(&mut Upkeep(conn)))
}
