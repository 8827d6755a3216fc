//! Whether this instance can do its work: `/readyz`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::lease::Moment;

/// How long after a heartbeat a write is believed to work. Heartbeats are written twice a second;
/// one that waits for a lock fails after five seconds.
const FRESH: Duration = Duration::from_secs(4);
/// The same at the start, while every key is read and nothing is written.
const FRESH_AT_START: Duration = Duration::from_secs(60);

/// Whether the database takes changes, as the last heartbeat found it. Asking costs no database
/// access, so the answer comes at once whatever state the database is in.
#[derive(Debug, Default)]
pub struct Readiness {
    /// When the last write began to work, as in [`Moment`]; 0 if one has failed since.
    written: AtomicU64,
}

impl Readiness {
    /// Records that the database took a write that was sent at `at`.
    pub fn wrote(&self, at: Moment) {
        self.written.store(at.nanos().max(1), Ordering::Release);
    }

    /// Records that the database failed. Returns whether it had worked until now.
    pub fn failed(&self) -> bool {
        self.written.swap(0, Ordering::AcqRel) != 0
    }

    /// Whether a change would be taken now.
    pub fn is_ready(&self, is_loaded: bool) -> bool {
        let written = self.written.load(Ordering::Acquire);
        let fresh = if is_loaded { FRESH } else { FRESH_AT_START };
        let age = Moment::now().nanos().saturating_sub(written);
        written != 0 && u128::from(age) < fresh.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_counts_until_one_fails_or_none_comes() {
        let readiness = Readiness::default();
        assert!(!readiness.is_ready(true), "nothing was written yet");
        readiness.wrote(Moment::now());
        assert!(readiness.is_ready(true));
        readiness.failed();
        assert!(!readiness.is_ready(true) && !readiness.is_ready(false));
        readiness.wrote(Moment::before_now(2 * FRESH));
        assert!(!readiness.is_ready(true), "the next one is overdue");
        assert!(readiness.is_ready(false), "every key is being read");
    }
}
