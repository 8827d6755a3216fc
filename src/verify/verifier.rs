//! Decides on presented keys: from memory while that is certain, else from the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actix_web::web;
use tokio::sync::Semaphore;

use super::UsageBuffer;
use super::follower::Known;
use super::index::{Entry, ProjectFacts};
use super::ledger::Caller;
use super::limits::Remaining;
use crate::clock::{self, Clock, UtcTime};
use crate::db::known_keys::{self, Which};
use crate::db::{DbError, Pool};
use crate::key::verdict::{Outcome, Requirement};
use crate::key::{KeyDigest, format};

/// How long a caller is kept waiting for the database: an unsure verifier says so within two
/// seconds.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// Decides on presented keys.
pub struct Verifier {
    pool: Pool,
    turns: Arc<Semaphore>,
    clock: Clock,
    known: Arc<Known>,
    usage: Arc<UsageBuffer>,
    /// The latest time a key was refused as expired at, in microseconds since 1970.
    latest_expiry: AtomicI64,
}

/// A verdict, and the key it is about, with its project, if the caller may know of it.
#[derive(Clone, Copy)]
pub struct Verdict<'a> {
    pub outcome: Outcome,
    pub key: Option<(&'a Entry, &'a ProjectFacts)>,
    /// Where it left the key's rate limit, if that was asked.
    pub limit: Option<Remaining>,
}

impl Verdict<'_> {
    /// A refusal that knows of no key.
    pub fn without_key(outcome: Outcome) -> Self {
        Verdict {
            outcome,
            key: None,
            limit: None,
        }
    }
}

/// The database could not be asked in time, so nothing is let through.
#[derive(Debug, thiserror::Error)]
#[error("the key could not be checked")]
pub struct Unsure;

impl Verifier {
    /// A verifier with its own connections, so that pages can't keep it waiting.
    pub fn new(pool: Pool, clock: Clock, known: Arc<Known>, usage: Arc<UsageBuffer>) -> Self {
        Verifier {
            turns: Arc::new(Semaphore::new(pool.size())),
            pool,
            clock,
            known,
            usage,
            latest_expiry: AtomicI64::default(),
        }
    }

    /// Like [`verify`](Self::verify), but only from memory: `None` where that is not certain.
    pub fn verify_now<T>(
        &self,
        secret: &str,
        required: &Requirement,
        caller: &Caller,
        answer: impl FnOnce(Verdict) -> T,
    ) -> Option<T> {
        if !format::is_well_formed(secret) {
            return Some(answer(Verdict::without_key(Outcome::NotFound)));
        }
        if !self.known.is_certain() {
            return None;
        }
        Some(self.verify_known(&KeyDigest::of(secret), required, caller, answer))
    }

    /// What `answer` makes of the verdict on `secret`. A mistyped or invented one is refused
    /// without a look-up.
    ///
    /// # Errors
    /// Memory is not certain, and the database can't say.
    pub async fn verify<T>(
        &self,
        secret: &str,
        required: &Requirement,
        caller: &Caller<'_>,
        answer: impl FnOnce(Verdict) -> T,
    ) -> Result<T, Unsure> {
        if !format::is_well_formed(secret) {
            return Ok(answer(Verdict::without_key(Outcome::NotFound)));
        }
        let digest = KeyDigest::of(secret);
        match self.known.is_certain() || self.ask(digest).await? {
            true => Ok(self.verify_known(&digest, required, caller, answer)),
            false => Ok(answer(Verdict::without_key(Outcome::NotFound))),
        }
    }

    fn verify_known<T>(
        &self,
        digest: &KeyDigest,
        required: &Requirement,
        caller: &Caller,
        answer: impl FnOnce(Verdict) -> T,
    ) -> T {
        self.known.index.read(digest, |key| match key {
            Some(key) => {
                let project = key.project.facts();
                answer(self.judge(key, &project, required, caller))
            }
            None => answer(Verdict::without_key(Outcome::NotFound)),
        })
    }

    fn judge<'a>(
        &self,
        key: &'a Entry,
        project: &'a ProjectFacts,
        required: &Requirement,
        caller: &Caller,
    ) -> Verdict<'a> {
        let now = self.now();
        let (outcome, limit) = key.judge(project, required, caller.ip, now);
        if outcome == Outcome::Expired {
            self.latest_expiry
                .fetch_max(clock::to_micros(now), Ordering::Relaxed);
        }
        self.usage.record(key.id, outcome, caller, now);
        // A key that this caller may not know of is answered like an unknown one.
        let key = Some((key, project)).filter(|_| outcome != Outcome::NotFound);
        Verdict {
            outcome,
            key,
            limit,
        }
    }

    /// The time, which never runs back behind a refusal: a key that was refused as expired
    /// stays refused when the clock is set back.
    fn now(&self) -> UtcTime {
        let now = self.clock.now();
        let latest = self.latest_expiry.load(Ordering::Relaxed);
        match latest > clock::to_micros(now) {
            true => clock::from_micros(latest),
            false => now,
        }
    }

    /// Brings what the database knows of this key now into memory, and tells whether it is
    /// there at all.
    async fn ask(&self, digest: KeyDigest) -> Result<bool, Unsure> {
        let (pool, known) = (self.pool.clone(), Arc::clone(&self.known));
        let asking = async {
            // Whoever waits for a connection must not hold a thread.
            let turn = Arc::clone(&self.turns).acquire_owned().await;
            web::block(move || {
                let _turn = turn; // Held until the work is done.
                look_up(&pool, &known, &digest)
            })
            .await
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(Ok(exists))) => Ok(exists),
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

fn look_up(pool: &Pool, known: &Known, digest: &KeyDigest) -> Result<bool, String> {
    let mut conn = pool.get().map_err(|error| error.to_string())?;
    let mut read = || -> Result<bool, DbError> {
        let Some(key) = known_keys::by_digest(&mut conn, digest)? else {
            return Ok(false);
        };
        let projects = known_keys::projects(&mut conn, Which::WithIds(&[key.project_id]))?;
        known.index.take_in(projects, vec![key]);
        Ok(true)
    };
    read().map_err(|error| error.to_string())
}
