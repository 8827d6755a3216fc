//! The two ways to write.
//!
//! A [`change`] is something that somebody did: it takes a permit, and commits together with its
//! audit entry or not at all. An [`unaudited`] write is what the service keeps for itself
//! (sessions, usage, expired records). The types keep them apart: a function that takes
//! `&mut Tx` can be called only inside a change.

use std::time::Duration;

use diesel::Connection as _;

use super::audit::{self, NewEntry};
use super::connection::{LOCK_TIME, wait_for_locks};
use super::{AnyConnection, Connection, DbError, instances};
use crate::access::{Actor, AnswerPermit, OwnPermit, Permit};
use crate::clock::UtcTime;
use crate::records::{Key, Project};

/// How long a write waits for a lock that may as well come later.
const SOON: Duration = Duration::from_millis(100);

pub(super) mod sealed {
    /// Limits proofs of permission to the kinds that `db` knows.
    pub trait Sealed {}
}

/// The proof that somebody may make a change. Each kind is made only by what proves it: the
/// policy, the actor's own sign-in, a set-up code, a password link, a look at the audit log.
pub trait Permission: sealed::Sealed {
    /// Who has the permission, for the audit entry.
    fn actor(&self) -> &Actor;

    /// The project that it is limited to, if any.
    fn project_id(&self) -> Option<i64> {
        None
    }
}

impl sealed::Sealed for Permit<'_> {}

impl Permission for Permit<'_> {
    fn actor(&self) -> &Actor {
        Permit::actor(*self)
    }

    fn project_id(&self) -> Option<i64> {
        Permit::project_id(*self)
    }
}

impl sealed::Sealed for OwnPermit<'_> {}

impl Permission for OwnPermit<'_> {
    fn actor(&self) -> &Actor {
        OwnPermit::actor(*self)
    }
}

impl sealed::Sealed for AnswerPermit<'_> {}

impl Permission for AnswerPermit<'_> {
    fn actor(&self) -> &Actor {
        AnswerPermit::actor(*self)
    }

    fn project_id(&self) -> Option<i64> {
        Some(AnswerPermit::project_id(*self))
    }
}

/// How a change ends that was not refused.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Ending<T> {
    /// Something was changed, and the entry says what.
    Done(T, NewEntry),
    /// Everything is already as it should be. The transaction is rolled back.
    Unchanged(T),
}

/// What a change can fail with.
pub trait ChangeError: From<DbError> + From<CommitUnknown> {
    /// Whether it says something about what the database holds ("revoked already", "there is no
    /// such key") that its reader relies on. False if the database failed.
    fn is_refusal(&self) -> bool;
}

/// A write transaction that ends with an audit entry. Only [`change`] makes one.
pub struct Tx<'a> {
    conn: &'a mut AnyConnection,
    actor: &'a Actor,
    now: UtcTime,
    entry: i64,
    touches_verdicts: bool,
}

impl<'a> Tx<'a> {
    /// The connection, to read and write inside the transaction.
    pub fn conn(&mut self) -> &mut AnyConnection {
        self.conn
    }

    /// Who makes the change.
    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// The time of the change.
    pub fn now(&self) -> UtcTime {
        self.now
    }

    /// An audit entry of this change.
    pub fn entry(&self, action: &'static str, subject: impl Into<String>) -> NewEntry {
        NewEntry::new(self.actor, self.now, action, subject)
    }

    /// An audit entry of this change, about a project.
    pub fn project_entry(&self, action: &'static str, project: &Project) -> NewEntry {
        self.entry(action, &project.name).in_project(project.id)
    }

    /// An audit entry of this change, about a key.
    pub fn key_entry(&self, action: &'static str, key: &Key) -> NewEntry {
        self.entry(action, &key.label).about_key(key)
    }

    /// The number of this change's audit entry, for rows that no verdict depends on.
    pub(super) fn number(&self) -> i64 {
        self.entry
    }

    /// The change is acknowledged only when every instance knows it, because services may lose what
    /// they may be told.
    pub(super) fn settles(&mut self) {
        self.touches_verdicts = true;
    }

    /// The number of this change's audit entry, for `changed_in`. Only for what verdicts depend on:
    /// once it is taken, the change is acknowledged only when every instance knows it.
    pub(super) fn changed_in(&mut self) -> i64 {
        self.touches_verdicts = true;
        self.entry
    }
}

/// The database failed while a change was committed: it may be in force or not.
#[derive(Debug, thiserror::Error)]
#[error("the database failed before it said whether the change is in force")]
pub struct CommitUnknown;

/// Why a transaction was rolled back.
enum RolledBack<T, E> {
    Unchanged(T),
    Failed(E),
    Database(DbError),
}

impl<T, E> From<DbError> for RolledBack<T, E> {
    fn from(error: DbError) -> Self {
        RolledBack::Database(error)
    }
}

/// Runs `f` in a transaction that no other change can interleave with, and commits its writes
/// together with the audit entry it returns.
///
/// The first statement takes the audit log's head, and with it the write lock on both databases. On
/// SQLite, this keeps a read followed by a write from failing when another writer comes between. It
/// also makes the entries' numbers rise in the order of the commits, which tells instances that
/// they missed none.
///
/// However it ends (done, unchanged or refused), this returns only when no instance answers
/// without knowing every change to a verdict that `f` could see, its own included. So "revoked
/// already" is as true on every instance as "revoked".
///
/// A change without an audit entry does not compile:
///
/// ```compile_fail,E0308
/// use keyward::access::Permit;
/// use keyward::clock::UtcTime;
/// use keyward::db::{Connection, change};
/// use keyward::domain::DomainError;
///
/// fn unaudited(conn: &mut Connection, permit: Permit, now: UtcTime) -> Result<(), DomainError> {
///     change(conn, permit, now, |_| Ok(()))
/// }
/// ```
///
/// Nor does one without a permit, which [`Permit`] shows how to get:
///
/// ```compile_fail,E0061
/// use keyward::clock::UtcTime;
/// use keyward::db::{Connection, Ending, change};
/// use keyward::domain::DomainError;
///
/// fn unpermitted(conn: &mut Connection, now: UtcTime) -> Result<(), DomainError> {
///     change(conn, now, |tx| Ok(Ending::Done((), tx.entry("thing.changed", "a thing"))))
/// }
/// ```
///
/// With both, it does:
///
/// ```
/// use keyward::access::Permit;
/// use keyward::clock::UtcTime;
/// use keyward::db::{Connection, Ending, change};
/// use keyward::domain::DomainError;
///
/// fn allowed(conn: &mut Connection, permit: Permit, now: UtcTime) -> Result<(), DomainError> {
///     change(conn, permit, now, |tx| Ok(Ending::Done((), tx.entry("thing.changed", "a thing"))))
/// }
/// ```
///
/// # Errors
/// Whatever `f` fails with, or the database; nothing is written then. [`CommitUnknown`] if the
/// database failed at the very end.
pub fn change<T, E: ChangeError>(
    conn: &mut Connection,
    permission: impl Permission,
    now: UtcTime,
    f: impl FnOnce(&mut Tx) -> Result<Ending<T>, E>,
) -> Result<T, E> {
    let mut is_done = false;
    let ended = conn.transaction(|conn| {
        let head = audit::take_head(conn)?;
        let mut tx = Tx {
            conn,
            actor: permission.actor(),
            now,
            entry: head.entry,
            touches_verdicts: false,
        };
        let (value, entry) = match f(&mut tx).map_err(RolledBack::Failed)? {
            Ending::Done(value, entry) => (value, entry),
            Ending::Unchanged(value) => return Err(RolledBack::Unchanged(value)),
        };
        let place = permission.project_id();
        debug_assert!(
            place.is_none() || place == entry.project_id,
            "a permit for one project changed another"
        );
        let own = tx.touches_verdicts.then_some(head.entry);
        audit::append(tx.conn, head, entry)?;
        if own.is_some() {
            instances::announce(tx.conn)?;
        }
        is_done = true;
        Ok((value, own))
    });
    let (result, own) = match ended {
        Ok((value, own)) => (Ok(value), own),
        Err(RolledBack::Unchanged(value)) => (Ok(value), None),
        Err(RolledBack::Database(error)) if is_done && may_be_in_force(conn, &error) => {
            return Err(CommitUnknown.into());
        }
        Err(RolledBack::Database(error)) => return Err(error.into()),
        Err(RolledBack::Failed(error)) if error.is_refusal() => (Err(error), None),
        Err(RolledBack::Failed(error)) => return Err(error),
    };
    match own {
        Some(entry) => instances::settle(conn, entry),
        None => instances::settle_all(conn),
    }
    result
}

/// Whether a transaction may have been committed whose commit failed like this. A server that goes
/// away may have committed. SQLite may have written everything when it finds that the disk does not
/// take it: whoever opens the file next then finds the change in the log.
fn may_be_in_force(conn: &AnyConnection, error: &DbError) -> bool {
    const WRITTEN_NOTHING: [&str; 3] = [
        "database is locked",
        "database or disk is full",
        "readonly database",
    ];
    let cause = match error {
        DbError::RollbackErrorOnCommit { commit_error, .. } => commit_error.to_string(),
        error => error.to_string(),
    };
    match conn {
        AnyConnection::Postgres(_) => true,
        AnyConnection::Sqlite(_) => !WRITTEN_NOTHING.iter().any(|known| cause.contains(known)),
    }
}

/// Runs `f`, which reads what a form shows before a [`change`]. If that ends in a refusal ("revoked
/// already"), it holds on every instance, as it would after the change itself.
///
/// # Errors
/// Whatever `f` fails with.
pub fn prepare<T, E: ChangeError>(
    conn: &mut Connection,
    f: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let result = f(conn);
    if result.as_ref().is_err_and(ChangeError::is_refusal) {
        instances::settle_all(conn);
    }
    result
}

/// Writes an audit entry about something that changed nothing, such as a sign-in. For a refusal, see
/// [`note_refusal`](super::note_refusal).
///
/// # Errors
/// The database fails; nothing is written then.
pub fn note(conn: &mut Connection, entry: NewEntry) -> Result<(), DbError> {
    conn.transaction(|conn| {
        let head = audit::take_head(conn)?;
        audit::append(conn, head, entry)
    })
}

/// A write transaction for the service's own records. Only [`unaudited`] makes one.
pub struct UnauditedTx<'a>(&'a mut AnyConnection);

impl UnauditedTx<'_> {
    /// The connection, to write inside the transaction.
    pub fn conn(&mut self) -> &mut AnyConnection {
        self.0
    }
}

/// Like [`unaudited`], for what may as well be written later: fails soon instead of waiting for a
/// lock.
///
/// # Errors
/// Whatever `f` fails with, or the database; nothing is written then.
pub fn unaudited_or_soon<T, E: From<DbError>>(
    conn: &mut AnyConnection,
    f: impl FnOnce(&mut UnauditedTx) -> Result<T, E>,
) -> Result<T, E> {
    wait_for_locks(conn, SOON)?;
    let written = unaudited(conn, f);
    wait_for_locks(conn, LOCK_TIME)?;
    written
}

/// Runs `f` in a transaction without an audit entry. Its first statement must be a write: on
/// SQLite, one that reads first fails if another writer comes between.
///
/// # Errors
/// Whatever `f` fails with, or the database; nothing is written then.
pub fn unaudited<T, E: From<DbError>>(
    conn: &mut AnyConnection,
    f: impl FnOnce(&mut UnauditedTx) -> Result<T, E>,
) -> Result<T, E> {
    conn.transaction(|conn| f(&mut UnauditedTx(conn)))
}
