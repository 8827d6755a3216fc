//! Pools of connections.

use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::R2D2Connection;

use super::connection::{Connection, DatabaseUrl, OpenError};
use super::instances::Memory;
use super::outage;
use super::repeats::Repeats;

/// How long a request waits for a free connection before it is answered with 503.
const WAIT: Duration = Duration::from_millis(1_500);

/// A pool of connections to one database.
#[derive(Clone)]
pub struct Pool(r2d2::Pool<Manager>);

/// No connection became available in time.
#[derive(Debug, thiserror::Error)]
#[error("no database connection: {0}")]
pub struct PoolError(#[from] r2d2::Error);

impl Pool {
    /// A pool of at most `size` connections, opened as needed. `memory` is notified of changes made
    /// through them.
    pub fn new(url: DatabaseUrl, size: u32, memory: Option<Arc<dyn Memory>>) -> Self {
        let manager = Manager {
            url,
            memory,
            repeats: Arc::default(),
        };
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(WAIT)
            .error_handler(Box::new(ReportFailures))
            .build_unchecked(manager);
        Pool(pool)
    }

    /// The maximum number of connections.
    pub fn size(&self) -> usize {
        usize::try_from(self.0.max_size()).unwrap_or(usize::MAX)
    }

    /// A connection that was just checked to be alive, for one turn: long queries are cut after some
    /// seconds. Blocks for at most 1.5 seconds.
    ///
    /// # Errors
    /// All connections are in use, or the database is unavailable.
    pub fn get(&self) -> Result<r2d2::PooledConnection<Manager>, PoolError> {
        let conn = self.0.get()?;
        conn.begin_turn();
        Ok(conn)
    }
}

/// Opens and checks connections for r2d2.
pub struct Manager {
    url: DatabaseUrl,
    memory: Option<Arc<dyn Memory>>,
    repeats: Arc<Repeats>,
}

/// A connection could not be opened or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ManagerError {
    /// A new connection could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An idle connection did not answer when it was checked.
    #[error(transparent)]
    Ping(#[from] super::DbError),
    /// Another file has taken the place of the one that was opened.
    #[error("another file has taken the place of the database")]
    Replaced,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Connection;
    type Error = ManagerError;

    fn connect(&self) -> Result<Connection, ManagerError> {
        let conn = self.url.open()?.with_memory(self.memory.clone());
        Ok(conn.with_repeats(Arc::clone(&self.repeats)))
    }

    fn is_valid(&self, conn: &mut Connection) -> Result<(), ManagerError> {
        match conn.is_to(&self.url) {
            true => Ok(conn.ping()?),
            false => Err(ManagerError::Replaced),
        }
    }

    fn has_broken(&self, conn: &mut Connection) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

#[derive(Debug)]
struct ReportFailures;

impl r2d2::HandleError<ManagerError> for ReportFailures {
    fn handle_error(&self, error: ManagerError) {
        outage::failed(&error);
    }
}
