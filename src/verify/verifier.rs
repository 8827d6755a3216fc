//! The verdict on a presented key, by one indexed read.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actix_web::web;
use tokio::sync::Semaphore;

use super::usage::UsageBuffer;
use crate::clock::{self, Clock, UtcTime};
use crate::db::{Pool, keys};
use crate::key::verdict::{KnownKey, Outcome, Requirement, decide};
use crate::key::{KeyDigest, LastUse, format};

/// An unsure verifier says so within two seconds.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// Decides on presented keys.
pub struct Verifier {
    pool: Pool,
    turns: Arc<Semaphore>,
    clock: Clock,
    usage: Arc<UsageBuffer>,
    /// The latest time a verdict was given at, in microseconds.
    latest: AtomicI64,
}

/// A verdict, and the key it is about if that is known.
#[derive(Debug)]
pub struct Verdict {
    pub outcome: Outcome,
    pub key: Option<KnownKey>,
}

impl Verdict {
    /// A refusal that knows of no key.
    pub fn without_key(outcome: Outcome) -> Self {
        Verdict { outcome, key: None }
    }
}

/// The database could not be asked in time, so nothing is let through.
#[derive(Debug, thiserror::Error)]
#[error("the key could not be checked")]
pub struct Unsure;

/// Who presents a key.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

impl Verifier {
    /// A verifier on its own pool, so that pages can't keep it waiting.
    pub fn new(pool: Pool, clock: Clock, usage: Arc<UsageBuffer>) -> Self {
        Verifier {
            turns: Arc::new(Semaphore::new(pool.size())),
            pool,
            clock,
            usage,
            latest: AtomicI64::default(),
        }
    }

    /// The verdict on `secret`. A mistyped or invented one is refused without a look-up.
    ///
    /// # Errors
    /// The database can't say.
    pub async fn verify(
        &self,
        secret: &str,
        required: &Requirement,
        caller: Caller,
    ) -> Result<Verdict, Unsure> {
        if !format::is_well_formed(secret) {
            return Ok(Verdict::without_key(Outcome::NotFound));
        }
        let Some(key) = self.look_up(KeyDigest::of(secret)).await? else {
            return Ok(Verdict::without_key(Outcome::NotFound));
        };
        let now = self.now();
        let outcome = decide(&key, required, now);
        let by = LastUse {
            at: now,
            ip: caller.ip,
            user_agent: caller.user_agent,
        };
        self.usage.record(key.id, outcome, by);
        // A key that this caller may not know of is answered like an unknown one.
        let key = Some(key).filter(|_| outcome != Outcome::NotFound);
        Ok(Verdict { outcome, key })
    }

    /// The time, which for verdicts never runs back: a key that was refused as expired stays
    /// refused when the clock is set back.
    fn now(&self) -> UtcTime {
        let now = clock::to_micros(self.clock.now());
        let latest = self.latest.fetch_max(now, Ordering::Relaxed).max(now);
        clock::from_micros(latest)
    }

    async fn look_up(&self, digest: KeyDigest) -> Result<Option<KnownKey>, Unsure> {
        let pool = self.pool.clone();
        let reading = async {
            // Whoever waits for a connection must not hold a thread.
            let turn = Arc::clone(&self.turns).acquire_owned().await;
            web::block(move || {
                let _turn = turn; // Held until the work is done.
                let mut conn = pool.get().map_err(|error| error.to_string())?;
                keys::for_verdict(&mut conn, &digest).map_err(|error| error.to_string())
            })
            .await
        };
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(Ok(Ok(key))) => Ok(key),
            Ok(Ok(Err(error))) => {
                tracing::error!(%error, "a key could not be looked up");
                Err(Unsure)
            }
            Ok(Err(_)) | Err(_) => {
                tracing::error!("looking a key up took too long");
                Err(Unsure)
            }
        }
    }
}
