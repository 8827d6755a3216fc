//! How far a long command is.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How often progress is shown.
const PROGRESS: Duration = Duration::from_millis(200);

/// A line on standard error that says how far it is, where somebody watches.
pub(super) struct Progress {
    is_watched: bool,
    shown: Instant,
}

impl Progress {
    pub(super) fn new() -> Self {
        Progress {
            is_watched: std::io::stderr().is_terminal(),
            shown: Instant::now(),
        }
    }

    pub(super) fn show(&mut self, done: u64, total: Option<u64>) {
        if !self.is_watched || self.shown.elapsed() < PROGRESS {
            return;
        }
        self.shown = Instant::now();
        match total {
            Some(total) => eprint!("\r{done} of {total} entries"),
            None => eprint!("\r{done} entries"),
        }
    }

    pub(super) fn clear(&self) {
        if self.is_watched {
            eprint!("\r\x1b[K");
        }
    }
}
