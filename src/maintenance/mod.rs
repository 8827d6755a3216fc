//! What an instance does besides serving: writes out usage, folds old usage, and drops expired
//! records.

mod audit;
mod history;
mod trusted_time;

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use self::audit::AuditKeeper;
use self::history::History;
use self::trusted_time::TrustedTime;
use crate::clock::Clock;
use crate::db::{
    Pool, idempotent_calls, outage, password_links, repeats, reveals, sessions, unaudited,
};
use crate::domain::last_seen::LastSeen;
use crate::domain::{DomainError, lifetimes, reviews};
use crate::verify::UsageBuffer;

/// How often usage is written out, and so how much a killed process can lose.
const TURN: Duration = Duration::from_secs(1);
/// How much of a turn that may take. If so many keys are used that this is not enough,
/// verifications go first, and counts are written later.
const FLUSH_TIME: Duration = Duration::from_millis(300);
/// Expired records are dropped once every this many turns.
const SWEEP: u32 = 10;
/// The clock is compared with the database, and old usage is folded, once every this many turns, and
/// how much of a turn that may take.
const LOOK_BACK: u32 = 3_600;
const LOOK_BACK_TIME: Duration = Duration::from_millis(250);

/// The maintenance thread.
pub struct Maintenance {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

/// What the thread works on.
struct Work {
    pool: Pool,
    clock: Clock,
    usage: Arc<UsageBuffer>,
    last_seen: Arc<LastSeen>,
    forget_quiet: Box<dyn Fn() + Send>,
    history: History,
    audit: AuditKeeper,
    trusted: TrustedTime,
    /// Whether there is something to look at first.
    is_due: bool,
    /// Whether there may be more old usage to fold.
    looks_back: bool,
    /// Whether a checkpoint is to be signed.
    signs: bool,
    /// Whether there may be more old entries of the audit log to delete.
    cuts: bool,
}

impl Maintenance {
    /// Starts the thread. Usage is kept for `retention`. At every sweep, `forget_quiet` drops
    /// clients that were not seen lately from the limits in memory. `audit` keeps the audit log.
    pub fn start(
        pool: Pool,
        clock: Clock,
        usage: Arc<UsageBuffer>,
        last_seen: Arc<LastSeen>,
        forget_quiet: impl Fn() + Send + 'static,
        retention: time::Duration,
        audit: AuditKeeper,
    ) -> Self {
        let mut work = Work {
            pool,
            clock,
            usage,
            last_seen,
            forget_quiet: Box::new(forget_quiet),
            history: History::new(retention),
            trusted: TrustedTime::default(),
            audit,
            is_due: false,
            looks_back: false,
            signs: false,
            cuts: false,
        };
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            for turn in 0_u32.. {
                let last = stopped.recv_timeout(TURN) != Err(RecvTimeoutError::Timeout);
                work.turn(turn, last);
                if last {
                    break;
                }
            }
        });
        Maintenance { stop, thread }
    }

    /// Writes out what is left and ends the thread.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the maintenance thread had failed");
        }
    }
}

/// Logs why something is left for later. Of a database that is away, others tell too.
fn report(error: &DomainError, left: &str) {
    match error {
        DomainError::Unavailable(cause) => outage::failed(cause),
        error => tracing::warn!(%error, "{left}"),
    }
}

impl Work {
    fn turn(&mut self, turn: u32, last: bool) {
        if let Err(error) = self.write_out(last) {
            report(&error, "what is counted could not be written out yet");
        }
        self.is_due |= turn.is_multiple_of(LOOK_BACK);
        if self.is_due
            && let Err(error) = self.begin_look_back()
        {
            report(
                &error,
                "the clock could not be compared with the database yet",
            );
        }
        if turn.is_multiple_of(SWEEP) {
            (self.forget_quiet)();
            if let Err(error) = self.sweep() {
                report(&error, "expired records could not be dropped yet");
            }
        }
        if self.looks_back
            && let Err(error) = self.look_back()
        {
            report(&error, "old usage could not be folded yet");
        }
        self.signs |= last || turn.is_multiple_of(LOOK_BACK);
        if self.signs
            && let Err(error) = self.sign()
        {
            report(&error, "the audit log could not be signed yet");
        }
        if turn.is_multiple_of(SWEEP)
            && let Err(error) = self.close_reviews()
        {
            report(&error, "an access review could not be closed yet");
        }
        if self.cuts
            && let Err(error) = self.cut()
        {
            report(
                &error,
                "old entries of the audit log could not be deleted yet",
            );
        }
    }

    /// Writes what waits in memory; in the last turn, all of it. What fails keeps nothing else from
    /// being written.
    fn write_out(&self, last: bool) -> Result<(), DomainError> {
        let patience = if last { Duration::MAX } else { FLUSH_TIME };
        self.usage.gather();
        let mut conn = self.pool.get()?;
        let usage = self.usage.flush(&mut conn, patience);
        let seen = self.last_seen.write_out(&mut conn);
        repeats::write_over(&mut conn, self.clock.now(), last)?;
        usage?;
        seen
    }

    fn sweep(&self) -> Result<(), DomainError> {
        let mut conn = self.pool.get()?;
        let Some(now) = self.trusted.of(self.clock.now()) else {
            return Ok(());
        };
        unaudited(&mut conn, |tx| {
            reveals::delete_expired(tx, now)?;
            password_links::delete_expired(tx, now)?;
            idempotent_calls::delete_old(tx, now - lifetimes::IDEMPOTENT_CALL)?;
            let (idle, started) = (now - lifetimes::SESSION_IDLE, now - lifetimes::SESSION);
            sessions::delete_stale(tx, idle, started)?;
            Ok::<_, DomainError>(())
        })?;
        Ok(self.usage.prune_sources(&mut conn, FLUSH_TIME)?)
    }

    fn begin_look_back(&mut self) -> Result<(), DomainError> {
        let (mut conn, now) = (self.pool.get()?, self.clock.now());
        self.trusted.look(&mut conn, now)?;
        self.is_due = false;
        if let Some(now) = self.trusted.of(now) {
            self.history.begin(&mut conn, now)?;
            self.looks_back = true;
            self.audit.begin_cut(&mut conn, now)?;
            self.cuts = true;
        }
        Ok(())
    }

    fn look_back(&mut self) -> Result<(), DomainError> {
        let mut conn = self.pool.get()?;
        let Some(now) = self.trusted.of(self.clock.now()) else {
            return Ok(());
        };
        let started = Instant::now();
        while self.looks_back && started.elapsed() < LOOK_BACK_TIME {
            self.looks_back = self.history.step(&mut conn, now)?;
        }
        Ok(())
    }

    fn sign(&mut self) -> Result<(), DomainError> {
        let mut conn = self.pool.get()?;
        self.audit.sign(&mut conn, self.clock.now())?;
        self.signs = false;
        Ok(())
    }

    /// Closes access reviews whose date has come.
    fn close_reviews(&self) -> Result<(), DomainError> {
        let mut conn = self.pool.get()?;
        let Some(now) = self.trusted.of(self.clock.now()) else {
            return Ok(());
        };
        while reviews::close_due(&mut conn, now)? {}
        Ok(())
    }

    fn cut(&mut self) -> Result<(), DomainError> {
        let mut conn = self.pool.get()?;
        let started = Instant::now();
        while self.cuts && started.elapsed() < LOOK_BACK_TIME {
            self.cuts = self.audit.delete_some(&mut conn)?;
        }
        Ok(())
    }
}
