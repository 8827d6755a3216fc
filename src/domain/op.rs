//! The context of one operation.

use super::DomainError;
use super::idempotency::Call;
use crate::access::{Action, Actor, OwnPermit, Permit, policy};
use crate::clock::UtcTime;
use crate::db::instances::Refused;
use crate::db::{self, AnyConnection, Connection, DbError, Ending, NewEntry, Permission, Tx};
use crate::records::{Project, Role};

/// One operation: on which connection, by whom, and when. Every use case takes one.
pub struct Op<'a> {
    conn: &'a mut Connection,
    actor: &'a Actor,
    now: UtcTime,
    call: Option<Call>,
}

impl<'a> Op<'a> {
    /// An operation by `actor` at the time `now`.
    pub fn new(conn: &'a mut Connection, actor: &'a Actor, now: UtcTime) -> Self {
        Op {
            conn,
            actor,
            now,
            call: None,
        }
    }

    /// What this operation creates is remembered as done by `call`.
    pub fn for_call(&mut self, call: Option<Call>) {
        self.call = call;
    }

    /// The call that this operation is remembered by.
    pub(super) fn call(&self) -> Option<Call> {
        self.call.clone()
    }

    /// The connection, for reading.
    pub fn conn(&mut self) -> &mut AnyConnection {
        self.conn
    }

    /// Prepares for writing very much; see [`Connection::begin_much`].
    ///
    /// # Errors
    /// The database fails.
    pub fn begin_much(&mut self) -> Result<(), DomainError> {
        Ok(self.conn.begin_much()?)
    }

    /// Prepares for the last step of that; see [`Connection::end_much`].
    ///
    /// # Errors
    /// The database fails.
    pub fn end_much(&mut self) -> Result<(), DomainError> {
        Ok(self.conn.end_much()?)
    }

    /// What this process refuses as expired although the clock says otherwise.
    pub fn refused(&self) -> Refused {
        self.conn.refused()
    }

    /// Who acts.
    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// The time of the operation.
    pub fn now(&self) -> UtcTime {
        self.now
    }

    /// Whether the actor may do `action` in `project`. For reads.
    ///
    /// # Errors
    /// [`DomainError::Denied`].
    pub fn allow(&self, action: Action, project: &Project) -> Result<(), DomainError> {
        Ok(policy::allow(self.actor, action, Some(project.id))?)
    }

    /// Whether the actor may do `action` on the whole instance. For reads.
    ///
    /// # Errors
    /// [`DomainError::Denied`].
    pub fn allow_on_all(&self, action: Action) -> Result<(), DomainError> {
        Ok(policy::allow(self.actor, action, None)?)
    }

    /// Whether the actor may do `action` in at least one project, or on the whole instance. For reads.
    ///
    /// # Errors
    /// [`DomainError::Denied`].
    pub fn allow_anywhere(&self, action: Action) -> Result<(), DomainError> {
        Ok(policy::allow_anywhere(self.actor, action)?)
    }

    /// The proof that the actor may do `action` in `project`. For changes.
    ///
    /// # Errors
    /// [`DomainError::Denied`].
    pub fn require(&self, action: Action, project: &Project) -> Result<Permit<'a>, DomainError> {
        Ok(policy::require(self.actor, action, Some(project.id))?)
    }

    /// The proof that the actor may do `action` on the whole instance. For changes.
    ///
    /// # Errors
    /// [`DomainError::Denied`].
    pub fn require_on_all(&self, action: Action) -> Result<Permit<'a>, DomainError> {
        Ok(policy::require(self.actor, action, None)?)
    }

    /// Whether the actor may give somebody `role` on this project or, without one, on all; see
    /// [`policy::allow_to_give`].
    ///
    /// # Errors
    /// [`DomainError::Denied`].
    pub fn allow_to_give(&self, role: Role, project: Option<i64>) -> Result<(), DomainError> {
        Ok(policy::allow_to_give(self.actor, role, project)?)
    }

    /// The proof that the actor changes what is their own; see [`Actor::own`].
    ///
    /// # Errors
    /// Nobody is signed in, or the actor uses a personal token, which is not the person.
    pub fn require_own(&self) -> Result<OwnPermit<'a>, DomainError> {
        self.actor.own().ok_or(match self.actor.token() {
            Some(_) => DomainError::TokenCant("A personal token can't do this. Sign in instead."),
            None => DomainError::NotFound,
        })
    }

    /// Loads the form of a change; see [`db::prepare`].
    ///
    /// # Errors
    /// `f` or the database fails.
    pub fn prepare<T>(
        &mut self,
        f: impl FnOnce(&mut Op) -> Result<T, DomainError>,
    ) -> Result<T, DomainError> {
        let (actor, now) = (self.actor, self.now);
        db::prepare(self.conn, |conn| f(&mut Op::new(conn, actor, now)))
    }

    /// Makes a change under the write lock; see [`db::change()`].
    ///
    /// # Errors
    /// `f` or the database fails.
    pub fn change<T>(
        &mut self,
        permission: impl Permission,
        f: impl FnOnce(&mut Tx) -> Result<Ending<T>, DomainError>,
    ) -> Result<T, DomainError> {
        db::change(self.conn, permission, self.now, f)
    }

    /// Writes an audit entry about something that changed nothing; see [`db::note`].
    ///
    /// # Errors
    /// The database fails.
    pub fn note(&mut self, entry: NewEntry) -> Result<(), DomainError> {
        Ok(db::note(self.conn, entry)?)
    }

    /// Writes the service's own records, or fails soon; see [`db::unaudited_or_soon`].
    ///
    /// # Errors
    /// The database fails.
    pub fn unaudited_or_soon<T>(
        &mut self,
        f: impl FnOnce(&mut db::UnauditedTx) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        db::unaudited_or_soon(self.conn, f)
    }

    /// Writes or counts an audit entry about a refusal; see [`db::note_refusal`].
    ///
    /// # Errors
    /// The database fails.
    pub fn note_refusal(&mut self, entry: NewEntry) -> Result<(), DomainError> {
        Ok(db::note_refusal(self.conn, entry)?)
    }

    /// Writes the service's own records; see [`db::unaudited`].
    ///
    /// # Errors
    /// The database fails.
    pub fn unaudited<T>(
        &mut self,
        f: impl FnOnce(&mut db::UnauditedTx) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        db::unaudited(self.conn, f)
    }
}
