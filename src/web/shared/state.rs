//! What every page needs: the database, the time, the limits.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::api_limits::ApiLimits;
use super::cookies::CookieNames;
use super::download::Downloads;
use super::throttle::Throttle;
use super::turns::{Asker, Turns, Work};
use crate::clock::Clock;
use crate::config::{Config, PublicUrl};
use crate::db::shares::Shares;
use crate::db::{Connection, Pool};
use crate::domain::DomainError;
use crate::domain::audit::chain::note::Signer;
use crate::domain::last_seen::LastSeen;
use crate::domain::tokens::JwtKeys;
use crate::instance_secret::DerivedKey;

/// How long a page waits for its turn: longer than a change takes to settle, so that one
/// silent instance does not turn pages away.
const TURN_PATIENCE: Duration = Duration::from_secs(3);
/// How long a page waits for the work itself: longer than the database works on a statement.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many passwords are hashed at once, each using 19 MiB, and how long others wait their turn.
const HASHES_AT_ONCE: usize = 2;
const HASH_PATIENCE: Duration = Duration::from_secs(5);

/// What every page needs.
pub struct AppState {
    pool: Pool,
    pub clock: Clock,
    pub public_url: Option<PublicUrl>,
    /// What tells the database from every other one.
    pub installation: String,
    /// What this Keyward's cookies are called.
    pub cookies: CookieNames,
    pub throttle: Throttle,
    pub jwt: JwtKeys,
    /// How far exports are.
    pub downloads: Downloads,
    /// Signs what is exported of the audit log.
    pub signer: Arc<Signer>,
    /// The longest that a personal token may live, in days.
    pub max_token_days: u16,
    pub api_limits: ApiLimits,
    /// What reading would note down, if the database took it.
    pub last_seen: Arc<LastSeen>,
    turns: Turns,
    hashing: Semaphore,
}

impl AppState {
    /// The state of one instance. The pool has a connection for each turn.
    pub fn new(
        pool: Pool,
        clock: Clock,
        jwt: JwtKeys,
        signer: Arc<Signer>,
        cookie_key: &DerivedKey,
        installation: String,
        config: &Config,
    ) -> Self {
        let shares = Shares::of(config.database_connections);
        let https = config.public_url.as_ref().is_some_and(|url| url.https);
        AppState {
            turns: Turns::new(shares.reading as usize, shares.urgent as usize),
            pool,
            clock,
            public_url: config.public_url.clone(),
            cookies: CookieNames::new(cookie_key, &installation, https),
            installation,
            throttle: Throttle::new(),
            jwt,
            signer,
            downloads: Downloads::default(),
            max_token_days: config.max_token_days,
            api_limits: ApiLimits::new(config.api_requests_per_minute),
            last_seen: Arc::default(),
            hashing: Semaphore::new(HASHES_AT_ONCE),
        }
    }

    /// Whether browsers connect over https, so that cookies can be bound to it.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.https)
    }

    /// Runs `f` with a connection, off the threads that serve requests, when it is the asker's turn.
    ///
    /// # Errors
    /// Whatever `f` fails with; unavailable if no connection is free; timed out if it takes too
    /// long, in which case it may still take effect.
    pub async fn run<T: Send + 'static>(
        &self,
        work: Work,
        asker: Asker,
        f: impl FnOnce(&mut Connection) -> Result<T, DomainError> + Send + 'static,
    ) -> Result<T, DomainError> {
        let turn = self.turns.take(work, asker);
        let Ok(turn) = tokio::time::timeout(TURN_PATIENCE, turn).await else {
            return Err(DomainError::Unavailable("every turn is taken".into()));
        };
        tracing::trace!("a trip to the connection pool");
        let pool = self.pool.clone();
        let running = web::block(move || {
            // Held until the work is done, even if nobody waits for it any more.
            let _turn = turn;
            f(&mut *pool.get()?)
        });
        match tokio::time::timeout(PATIENCE, running).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(DomainError::Internal("the thread pool is gone".into())),
            Err(_) => Err(DomainError::TimedOut),
        }
    }

    /// Waits for a turn to hash a password: only a few run at once, so that a flood of sign-ins
    /// can't take all the memory or all the threads.
    ///
    /// # Errors
    /// No turn came in time.
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
