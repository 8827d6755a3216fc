//! How often a key may be used: GCRA, which each instance counts in its own memory.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::records::RateLimit;

type Gcra = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// Counts the requests of one key.
pub struct Limiter {
    limit: RateLimit,
    gcra: Gcra,
}

/// What a request left of the key's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// The key's own limit or, without one, its project's.
    pub limit: RateLimit,
    /// How many requests may follow at once.
    pub requests: u32,
    /// Seconds, rounded up, until one more may follow.
    pub next_seconds: u64,
    /// Seconds, rounded up, until a full burst may follow again.
    pub reset_seconds: u64,
    /// Seconds, rounded up, until the next request may pass; `None` if this one was within the
    /// limit.
    pub retry_after: Option<u64>,
}

impl Limiter {
    /// A limiter that allows `limit.requests` at once, then one more every
    /// `limit.seconds / limit.requests` seconds.
    pub fn new(limit: RateLimit) -> Self {
        let burst = NonZeroU32::new(u32::try_from(limit.requests).unwrap_or(u32::MAX))
            .unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period(limit)).expect("longer than nothing");
        Limiter {
            limit,
            gcra: RateLimiter::direct(quota.allow_burst(burst)).with_middleware(),
        }
    }

    /// The limit it enforces.
    pub fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Counts a request, unless it is over the limit.
    pub fn count(&self) -> Remaining {
        let whole = self.limit.requests.unsigned_abs();
        let left = |requests: u32, retry_after: Option<u64>| Remaining {
            limit: self.limit,
            requests,
            next_seconds: retry_after.unwrap_or_else(|| seconds_up(period(self.limit))),
            reset_seconds: seconds_up(
                period(self.limit) * {
                    u32::try_from(whole.saturating_sub(requests.into())).unwrap_or(u32::MAX)
                },
            ),
            retry_after,
        };
        match self.gcra.check() {
            Ok(snapshot) => left(snapshot.remaining_burst_capacity(), None),
            Err(over) => {
                let wait = over.wait_time_from(DefaultClock::default().now());
                left(0, Some(seconds_up(wait).max(1)))
            }
        }
    }
}

/// The time until one more request is allowed.
fn period(limit: RateLimit) -> Duration {
    let nanos = limit.seconds.unsigned_abs() * 1_000_000_000 / limit.requests.unsigned_abs().max(1);
    Duration::from_nanos(nanos.max(1))
}

fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_next_one_waits() {
        let limiter = Limiter::new(RateLimit {
            requests: 3,
            seconds: 60,
        });
        let left: Vec<Remaining> = (0..4).map(|_| limiter.count()).collect();
        let requests: Vec<u32> = left.iter().map(|left| left.requests).collect();
        assert_eq!(requests, [2, 1, 0, 0]);
        let resets: Vec<u64> = left.iter().map(|left| left.reset_seconds).collect();
        assert_eq!(resets, [20, 40, 60, 60]);
        assert!(left[..3].iter().all(|left| left.retry_after.is_none()));
        assert_eq!(left[3].retry_after, Some(20));
    }

    #[test]
    fn the_largest_and_the_smallest_limit_can_be_counted() {
        for (requests, seconds) in [(1_000_000_000, 1), (1, 86_400)] {
            let limiter = Limiter::new(RateLimit { requests, seconds });
            assert_eq!(limiter.count().retry_after, None);
        }
    }
}
