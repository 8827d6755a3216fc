//! What an instance does beside serving: writes out usage, folds what is old, and drops what
//! ran out.

mod history;

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::web;

use self::history::History;
use crate::clock::Clock;
use crate::db::{Pool, idempotent_calls, password_links, reveals, sessions, upkeep};
use crate::domain::DomainError;
use crate::verify::UsageBuffer;
use crate::web::AppState;
use crate::web::api::idempotency::REMEMBERED;
use crate::web::session::{IDLE, LIFETIME};

/// How often usage is written out: what a killed process may lose.
const TURN: Duration = Duration::from_secs(1);
/// How much of a turn may go into that. Where more keys are used than this suffices for,
/// verifications go first, and counts take longer to be written.
const FLUSH_TIME: Duration = Duration::from_millis(300);
/// Every how many turns what ran out is dropped.
const SWEEP: u32 = 10;
/// Every how many turns old usage is looked through, and how much of a turn that may take.
const LOOK_BACK: u32 = 3_600;
const LOOK_BACK_TIME: Duration = Duration::from_millis(250);

/// The thread that does it.
pub struct Upkeep {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

/// What the thread works on.
struct Work {
    pool: Pool,
    clock: Clock,
    usage: Arc<UsageBuffer>,
    state: web::Data<AppState>,
    history: History,
    /// Whether there may be more old usage to fold.
    looks_back: bool,
}

impl Upkeep {
    /// Starts the thread. Usage is kept for `retention`.
    pub fn start(
        pool: Pool,
        clock: Clock,
        usage: Arc<UsageBuffer>,
        state: web::Data<AppState>,
        retention: time::Duration,
    ) -> Self {
        let mut work = Work {
            pool,
            clock,
            usage,
            state,
            history: History::new(retention),
            looks_back: false,
        };
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            for turn in 0_u32.. {
                let last = stopped.recv_timeout(TURN) != Err(RecvTimeoutError::Timeout);
                let patience = if last { Duration::MAX } else { FLUSH_TIME };
                work.turn(turn, patience);
                if last {
                    break;
                }
            }
        });
        Upkeep { stop, thread }
    }

    /// Writes out what is left and ends the thread.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the upkeep thread had failed");
        }
    }
}

impl Work {
    fn turn(&mut self, turn: u32, patience: Duration) {
        if let Err(error) = self.write_out(patience) {
            tracing::warn!(%error, "usage could not be written out yet");
        }
        if turn.is_multiple_of(SWEEP) {
            self.state.throttle.forget_quiet();
            self.state.api_limits.forget_quiet();
            if let Err(error) = self.sweep() {
                tracing::warn!(%error, "what ran out could not be dropped yet");
            }
        }
        if turn.is_multiple_of(LOOK_BACK) {
            self.looks_back = true;
        }
        if self.looks_back
            && let Err(error) = self.look_back()
        {
            tracing::warn!(%error, "old usage could not be folded yet");
        }
    }

    fn write_out(&self, patience: Duration) -> Result<(), DomainError> {
        self.usage.gather();
        let mut conn = self.pool.get()?;
        Ok(self.usage.flush(&mut conn, patience)?)
    }

    fn sweep(&self) -> Result<(), DomainError> {
        let (mut conn, now) = (self.pool.get()?, self.clock.now());
        upkeep(&mut conn, |upkeep| {
            reveals::delete_expired(upkeep, now)?;
            password_links::delete_expired(upkeep, now)?;
            idempotent_calls::delete_old(upkeep, now - REMEMBERED)?;
            sessions::delete_stale(upkeep, now - IDLE, now - LIFETIME)?;
            Ok::<_, DomainError>(())
        })?;
        Ok(self.usage.prune_sources(&mut conn, FLUSH_TIME)?)
    }

    fn look_back(&mut self) -> Result<(), DomainError> {
        let (mut conn, now) = (self.pool.get()?, self.clock.now());
        let started = Instant::now();
        while self.looks_back && started.elapsed() < LOOK_BACK_TIME {
            self.looks_back = self.history.step(&mut conn, now)?;
        }
        Ok(())
    }
}
