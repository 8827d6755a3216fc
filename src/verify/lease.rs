//! Until when this instance may answer from memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::time::{ClockId, clock_gettime};

use crate::db::instances::LEASE;

/// A moment of this machine's own clock: nanoseconds since it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// Now. The clock keeps running while the process is stopped and, on Linux, while the machine
    /// sleeps; it knows nothing of the time of day.
    pub fn now() -> Self {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const CLOCK: ClockId = ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const CLOCK: ClockId = ClockId::Monotonic;
        let now = clock_gettime(CLOCK);
        let nanos = now.tv_sec.saturating_mul(1_000_000_000) + now.tv_nsec;
        Moment(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Nanoseconds since the machine started.
    pub fn nanos(self) -> u64 {
        self.0
    }

    /// So long before now.
    #[cfg(test)]
    pub fn before_now(age: std::time::Duration) -> Self {
        let age = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
        Moment(Moment::now().0.saturating_sub(age))
    }
}

/// The right to answer from memory, which expires by itself.
#[derive(Debug, Default)]
pub struct Lease {
    /// Nanoseconds, as in [`Moment`]; 0 before the first.
    until: AtomicU64,
    /// A lease that was asked for before this moment is not taken.
    barred_until: Mutex<Option<Moment>>,
}

impl Lease {
    /// Whether it holds now. Ask before looking into memory, not after.
    pub fn is_alive(&self) -> bool {
        Moment::now().0 < self.until.load(Ordering::Acquire)
    }

    /// Takes the lease as of `asked`, the moment before the database was asked what has changed.
    /// Everything in its answer must be in memory already.
    pub fn take(&self, asked: Moment) {
        let barred = self.barred();
        if barred.is_none_or(|barred| asked > barred) {
            let length = u64::try_from(LEASE.as_nanos()).unwrap_or(0);
            self.until.fetch_max(asked.0 + length, Ordering::Release);
        }
    }

    /// Ends it now. Only a question asked after this can bring it back.
    pub fn end(&self) {
        let mut barred = self.barred();
        *barred = Some(Moment::now());
        self.until.store(0, Ordering::Release);
    }

    fn barred(&self) -> std::sync::MutexGuard<'_, Option<Moment>> {
        self.barred_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_counts_from_before_the_question() {
        let lease = Lease::default();
        assert!(!lease.is_alive());
        let length = u64::try_from(LEASE.as_nanos()).unwrap();
        let long_ago = Moment(Moment::now().0.saturating_sub(2 * length));
        lease.take(long_ago);
        assert!(!lease.is_alive());
        lease.take(Moment::now());
        assert!(lease.is_alive());
        lease.take(long_ago);
        assert!(lease.is_alive(), "an older answer takes nothing away");
    }

    #[test]
    fn an_answer_from_before_the_end_does_not_bring_it_back() {
        let lease = Lease::default();
        let asked = Moment::now();
        lease.take(asked);
        lease.end();
        assert!(!lease.is_alive());
        lease.take(asked);
        assert!(!lease.is_alive());
        lease.take(Moment::now());
        assert!(lease.is_alive());
    }
}
