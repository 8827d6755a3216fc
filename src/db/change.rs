//! The two ways to write.
//!
//! A [`change`] is something a person did: it takes the audit log's head first, and commits
//! together with its entry or not at all. An [`upkeep`] is what the service writes for itself
//! (sessions, counts, what ran out) and has no entry. The types keep them apart: a function
//! that takes `&mut Tx` can only be called inside a change.

use diesel::Connection as _;

use super::audit::{self, AuditEntry};
use super::{AnyConnection, Connection, DbError, instances};

/// A write transaction that ends with an audit entry. Only [`change`] makes one.
pub struct Tx<'a> {
    conn: &'a mut AnyConnection,
    entry: i64,
    touches_verdicts: bool,
}

impl Tx<'_> {
    /// The connection, to read and write inside the transaction.
    pub fn conn(&mut self) -> &mut AnyConnection {
        self.conn
    }

    /// The number of this change's audit entry, for `changed_in`. Whoever writes something
    /// that verdicts depend on takes it from here, and the change is then acknowledged only
    /// when every instance knows it.
    pub(super) fn changed_in(&mut self) -> i64 {
        self.touches_verdicts = true;
        self.entry
    }
}

/// The database went away while a change was committed: it may be in force or not.
#[derive(Debug, thiserror::Error)]
#[error("the database went away before it said whether the change is in force")]
pub struct CommitUnknown;

/// A write transaction for the service's own records. Only [`upkeep`] makes one.
pub struct Upkeep<'a>(&'a mut AnyConnection);

impl Upkeep<'_> {
    /// The connection, to write inside the transaction.
    pub fn conn(&mut self) -> &mut AnyConnection {
        self.0
    }
}

/// Runs `f` in a transaction that no other change can interleave with, and commits its writes
/// together with the audit entry it returns. If they touch verdicts, this returns only when no
/// instance answers without knowing of them any more.
///
/// The first statement takes the audit log's head, and with it the write lock on both
/// databases. On SQLite this is what keeps a read followed by a write from failing when
/// another writer came between. It also makes the entries' numbers rise in the order of the
/// commits, which instances rely on to know that they missed none.
///
/// # Errors
/// What `f` fails with, or the database; nothing is written then. [`CommitUnknown`] if the
/// database went away at the very end.
pub fn change<T, E: From<DbError> + From<CommitUnknown>>(
    conn: &mut Connection,
    f: impl FnOnce(&mut Tx) -> Result<(T, AuditEntry), E>,
) -> Result<T, E> {
    let mut is_done = false;
    let changed = conn.transaction(|conn| {
        let head = audit::take_head(conn)?;
        let mut tx = Tx {
            conn,
            entry: head.entry,
            touches_verdicts: false,
        };
        let (value, entry) = f(&mut tx)?;
        let to_settle = tx.touches_verdicts.then_some(head.entry);
        audit::append(&mut tx, head, entry)?;
        if to_settle.is_some() {
            instances::ring(tx.conn())?;
        }
        is_done = true;
        Ok::<_, E>((value, to_settle))
    });
    let (value, to_settle) = match changed {
        // A server that goes away at the commit may have done it.
        Err(_) if is_done && matches!(&**conn, AnyConnection::Postgres(_)) => {
            return Err(CommitUnknown.into());
        }
        changed => changed?,
    };
    if let Some(entry) = to_settle {
        instances::settle(conn, entry);
    }
    Ok(value)
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
