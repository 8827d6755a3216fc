//! What every page needs: the database, the time, the limits.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::api_limits::ApiLimits;
use super::throttle::Throttle;
use crate::clock::Clock;
use crate::config::{Config, PublicUrl};
use crate::db::{Connection, Pool};
use crate::domain::DomainError;
use crate::domain::tokens::JwtKeys;

/// How long a page waits for its turn at a connection, and for what it asked.
const TURN_PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(10);
/// How many passwords are hashed at once, each for 19 MiB, and how long others wait for a turn.
const HASHES_AT_ONCE: usize = 2;
const HASH_PATIENCE: Duration = Duration::from_secs(5);

/// What every page needs.
pub struct AppState {
    pool: Pool,
    pub clock: Clock,
    pub public_url: Option<PublicUrl>,
    pub throttle: Throttle,
    pub jwt: JwtKeys,
    /// How many days a personal token lives at most.
    pub max_token_days: u16,
    pub api_limits: ApiLimits,
    /// As many as there are connections. Whoever waits for one must not hold a thread: those
    /// are shared with verifications.
    turns: Arc<Semaphore>,
    hashing: Semaphore,
}

impl AppState {
    /// The state of one instance.
    pub fn new(pool: Pool, clock: Clock, jwt: JwtKeys, config: &Config) -> Self {
        AppState {
            turns: Arc::new(Semaphore::new(pool.size())),
            pool,
            clock,
            public_url: config.public_url.clone(),
            throttle: Throttle::new(),
            jwt,
            max_token_days: config.max_token_days,
            api_limits: ApiLimits::new(config.api_requests_per_minute),
            hashing: Semaphore::new(HASHES_AT_ONCE),
        }
    }

    /// Whether browsers come by https, so that cookies can be bound to it.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.https)
    }

    /// Runs `f` with a connection, off the threads that serve requests.
    ///
    /// # Errors
    /// What `f` fails with; unavailable if no connection can be had; timed out if it takes too
    /// long, and then it may still come to pass.
    pub async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Connection) -> Result<T, DomainError> + Send + 'static,
    ) -> Result<T, DomainError> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout(TURN_PATIENCE, turn).await else {
            return Err(DomainError::Unavailable("every connection is taken".into()));
        };
        tracing::trace!("a trip to the connection pool");
        let pool = self.pool.clone();
        let running = web::block(move || {
            // Held until the work is done, also when nobody waits for it any more.
            let _turn = turn;
            f(&mut *pool.get()?)
        });
        match tokio::time::timeout(PATIENCE, running).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(DomainError::Internal("the thread pool is gone".into())),
            Err(_) => Err(DomainError::TimedOut),
        }
    }

    /// A turn at hashing a password: few of these run at once, so that a flood of sign-ins takes
    /// neither all memory nor all threads.
    ///
    /// # Errors
    /// Nobody else was done in time.
    pub async fn hashing_turn(&self) -> Result<SemaphorePermit<'_>, DomainError> {
        let turn = tokio::time::timeout(HASH_PATIENCE, self.hashing.acquire()).await;
        match turn {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(DomainError::Unavailable(
                "too many passwords are being checked".into(),
            )),
        }
    }
}
