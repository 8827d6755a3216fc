//! How many requests the management API accepts: from one token, and from one address.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use crate::http::client::network;
use crate::web::shared::throttle::TooMany;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Who is counted: a person's sign-ins together, and each of their tokens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bearing {
    Person(i64),
    Token(i64),
}

/// The limits of one instance. Each instance counts on its own, in memory.
pub struct ApiLimits {
    per_minute: u32,
    clock: DefaultClock,
    addresses: Keyed<Option<IpNet>>,
    bearers: Keyed<Bearing>,
}

/// What a request leaves of its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    per_minute: u32,
    requests: u32,
    /// Whole seconds until one more may follow.
    seconds: u64,
}

impl Left {
    /// Writes `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).
    pub fn tell(self, headers: &mut HeaderMap) {
        let policy = format!("\"api\";q={};w=60", self.per_minute);
        let left = format!("\"api\";r={};t={}", self.requests, self.seconds);
        for (name, value) in [(POLICY, policy), (LIMIT, left)] {
            headers.insert(name, HeaderValue::from_str(&value).expect("visible ASCII"));
        }
    }
}

impl ApiLimits {
    /// Allows `per_minute` requests at once, and refills evenly at that rate.
    pub fn new(per_minute: u32) -> Self {
        let burst = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(burst);
        ApiLimits {
            per_minute: burst.get(),
            clock: DefaultClock::default(),
            addresses: RateLimiter::keyed(quota).with_middleware(),
            bearers: RateLimiter::keyed(quota).with_middleware(),
        }
    }

    /// Counts a request from an address.
    ///
    /// # Errors
    /// The address is over the limit.
    pub fn count_from(&self, address: Option<IpAddr>) -> Result<Left, TooMany> {
        self.count(&self.addresses, &address.map(network))
    }

    /// Counts a request of this bearer.
    ///
    /// # Errors
    /// The bearer is over the limit.
    pub fn count_of(&self, bearing: Bearing) -> Result<Left, TooMany> {
        self.count(&self.bearers, &bearing)
    }

    /// What [`Left`] says when nothing is left.
    pub fn nothing_left(&self, too_many: TooMany) -> Left {
        Left {
            per_minute: self.per_minute,
            requests: 0,
            seconds: too_many.retry_after,
        }
    }

    /// Forgets those who have been quiet long enough, so that memory stays bounded.
    pub fn forget_quiet(&self) {
        self.addresses.retain_recent();
        self.bearers.retain_recent();
    }

    fn count<K: Hash + Eq + Clone>(&self, limiter: &Keyed<K>, key: &K) -> Result<Left, TooMany> {
        match limiter.check_key(key) {
            Ok(snapshot) => Ok(Left {
                per_minute: self.per_minute,
                requests: snapshot.remaining_burst_capacity(),
                seconds: 60_u64.div_ceil(u64::from(self.per_minute)),
            }),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                Err(TooMany {
                    retry_after: wait.as_secs() + 1,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_and_each_address_has_its_own_limit() {
        let limits = ApiLimits::new(2);
        let (one, other) = (Bearing::Token(1), Bearing::Person(1));
        assert_eq!(limits.count_of(one).unwrap().requests, 1);
        assert_eq!(limits.count_of(one).unwrap().requests, 0);
        let too_many = limits.count_of(one).unwrap_err();
        assert!((1..=31).contains(&too_many.retry_after));
        assert!(limits.count_of(other).is_ok());
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        assert!(limits.count_from(address).is_ok() && limits.count_from(address).is_ok());
        assert!(limits.count_from(address).is_err());
        assert!(limits.count_from(None).is_ok());
    }

    #[test]
    fn the_headers_say_what_is_left() {
        let mut headers = HeaderMap::new();
        ApiLimits::new(600)
            .count_from(None)
            .unwrap()
            .tell(&mut headers);
        assert_eq!(
            headers.get("ratelimit-policy").unwrap(),
            "\"api\";q=600;w=60"
        );
        assert_eq!(headers.get("ratelimit").unwrap(), "\"api\";r=599;t=1");
    }
}
