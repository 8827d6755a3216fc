//! What an instance does beside serving: writes out usage, and drops what ran out.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::web;

use crate::clock::Clock;
use crate::db::{Pool, reveals, sessions, upkeep};
use crate::domain::DomainError;
use crate::verify::UsageBuffer;
use crate::web::AppState;
use crate::web::session::{IDLE, LIFETIME};

/// How often usage is written out: what a killed process may lose.
const TURN: Duration = Duration::from_secs(1);
/// Every how many turns what ran out is dropped.
const SWEEP: u32 = 10;

/// The thread that does it.
pub struct Upkeep {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Upkeep {
    /// Starts the thread.
    pub fn start(
        pool: Pool,
        clock: Clock,
        usage: Arc<UsageBuffer>,
        state: web::Data<AppState>,
    ) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut turn = 0_u32;
            loop {
                let last = stopped.recv_timeout(TURN) != Err(RecvTimeoutError::Timeout);
                if let Err(error) = write_out(&pool, &usage) {
                    tracing::warn!(%error, "usage could not be written out yet");
                }
                if turn.is_multiple_of(SWEEP) {
                    state.throttle.forget_quiet();
                    if let Err(error) = sweep(&pool, &clock) {
                        tracing::warn!(%error, "what ran out could not be dropped yet");
                    }
                }
                turn = turn.wrapping_add(1);
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

fn write_out(pool: &Pool, usage: &UsageBuffer) -> Result<(), DomainError> {
    Ok(usage.flush(&mut *pool.get()?)?)
}

fn sweep(pool: &Pool, clock: &Clock) -> Result<(), DomainError> {
    let (mut conn, now) = (pool.get()?, clock.now());
    upkeep(&mut conn, |upkeep| {
        reveals::delete_expired(upkeep, now)?;
        sessions::delete_stale(upkeep, now - IDLE, now - LIFETIME)?;
        Ok(())
    })
}
