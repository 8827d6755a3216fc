//! Reads the database for verdicts, on connections of its own, so that pages can't keep it waiting.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use tokio::sync::Semaphore;

use crate::db::{Connection, Pool, outage};

/// How long to wait for the database, so that a caller gets an answer within two seconds.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// The database did not answer in time, so the key is not let through.
#[derive(Debug, thiserror::Error)]
#[error("the key could not be checked")]
pub struct Unsure;

/// Reads the database, as many at once as there are connections.
#[derive(Clone)]
pub struct Reader {
    pool: Pool,
    turns: Arc<Semaphore>,
}

impl Reader {
    /// Reads on the connections of this pool.
    pub fn new(pool: Pool) -> Self {
        Reader {
            turns: Arc::new(Semaphore::new(pool.size())),
            pool,
        }
    }

    /// What `read` finds.
    ///
    /// # Errors
    /// The database fails or does not answer in time.
    pub async fn read<T: Send + 'static, E: Display>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Unsure> {
        let pool = self.pool.clone();
        let reading = async {
            // Waiting for a connection must not hold a thread.
            let turn = Arc::clone(&self.turns).acquire_owned().await;
            web::block(move || {
                let _turn = turn; // Held until the work is done.
                let mut conn = pool.get().map_err(|error| error.to_string())?;
                read(&mut conn).map_err(|error| error.to_string())
            })
            .await
        };
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(Ok(Ok(found))) => Ok(found),
            Ok(Ok(Err(error))) => {
                outage::failed(&error);
                Err(Unsure)
            }
            Ok(Err(_)) | Err(_) => {
                outage::failed(&"looking a key up took too long");
                Err(Unsure)
            }
        }
    }
}
