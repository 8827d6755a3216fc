//! The audit log: a checkpoint once an hour, and the deletion of what is older than it may be.

use std::sync::Arc;

use time::Duration;

use crate::access::Actor;
use crate::clock::UtcTime;
use crate::db::Connection;
use crate::domain::audit::chain::note::Signer;
use crate::domain::audit::{self, checkpoint};
use crate::domain::{DomainError, Op};

/// What keeps the audit log.
pub struct AuditKeeper {
    signer: Arc<Signer>,
    /// How many days entries are kept; `None` is for ever.
    retention_days: Option<u16>,
}

impl AuditKeeper {
    /// Signs with `signer`, and keeps entries for so many days, or for ever.
    pub fn new(signer: Arc<Signer>, retention_days: Option<u16>) -> Self {
        AuditKeeper {
            signer,
            retention_days,
        }
    }

    /// Checks the entries since the last checkpoint, and signs a new one. A chain that breaks is
    /// logged, and not signed.
    ///
    /// # Errors
    /// The database fails.
    pub fn sign(&self, conn: &mut Connection, now: UtcTime) -> Result<(), DomainError> {
        if let Err(broken) = checkpoint::take(conn, &self.signer, now)? {
            tracing::error!(
                entry = broken.entry(),
                "the audit log was tampered with, and is not signed any more: {broken} Run \
                 `keyward audit verify`."
            );
        }
        Ok(())
    }

    /// Decides what is too old, and says so in the log and in a signed checkpoint.
    ///
    /// # Errors
    /// The database fails.
    pub fn begin_cut(&self, conn: &mut Connection, now: UtcTime) -> Result<(), DomainError> {
        let Some(days) = self.retention_days else {
            return Ok(());
        };
        let service = Actor::service();
        let mut op = Op::new(conn, &service, now);
        let oldest_kept = (now - Duration::days(days.into())).date().midnight();
        let rule = format!("audit_retention_days = {days}");
        audit::cut(&mut op, &self.signer, oldest_kept, &rule)
    }

    /// Deletes some of what was cut, and returns whether there may be more.
    ///
    /// # Errors
    /// The database fails.
    pub fn delete_some(&self, conn: &mut Connection) -> Result<bool, DomainError> {
        match self.retention_days {
            Some(_) => audit::delete_cut(conn),
            None => Ok(false),
        }
    }
}
