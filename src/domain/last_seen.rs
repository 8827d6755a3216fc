//! When sessions were last seen, while the database takes no changes. Reading goes on then, and
//! nobody is signed out for having been idle who was not.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::DomainError;
use crate::clock::UtcTime;
use crate::db::{AnyConnection, sessions, unaudited};

/// What could not be written down yet: the digests of sessions, and when each was seen.
#[derive(Default)]
pub struct LastSeen(Mutex<HashMap<Vec<u8>, UtcTime>>);

impl LastSeen {
    /// When the session with this digest was last seen, if the database says `stored`.
    pub fn of(&self, digest: &[u8], stored: UtcTime) -> UtcTime {
        let kept = self.kept().get(digest).copied();
        kept.map_or(stored, |kept| kept.max(stored))
    }

    /// Keeps that a session was seen.
    pub fn keep(&self, digest: Vec<u8>, at: UtcTime) {
        self.kept().insert(digest, at);
    }

    /// Writes down what is kept.
    ///
    /// # Errors
    /// The database fails; what is kept stays.
    pub fn write_out(&self, conn: &mut AnyConnection) -> Result<(), DomainError> {
        let kept = self.kept().clone();
        if kept.is_empty() {
            return Ok(());
        }
        unaudited(conn, |tx| {
            let mut each = kept.iter();
            each.try_for_each(|(digest, at)| sessions::touch(tx, digest, *at))
        })?;
        self.kept()
            .retain(|digest, at| kept.get(digest) != Some(at));
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Vec<u8>, UtcTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
