//! Slows down guessing: of passwords and setup codes, per account and per address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

use crate::http::client::network;

/// Limits on guessing. Each address has one, and each account has one more per address. All other
/// addresses together have one per account, which doesn't count for networks the person recently
/// signed in from: guessing from many addresses can't lock them out.
pub struct Throttle {
    clock: DefaultClock,
    addresses: DefaultKeyedRateLimiter<Option<IpNet>>,
    pairs: DefaultKeyedRateLimiter<(String, Option<IpNet>)>,
    accounts: DefaultKeyedRateLimiter<String>,
}

/// Too many attempts, and how many whole seconds to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    pub retry_after: u64,
}

impl Throttle {
    /// Fresh limits.
    pub fn new() -> Self {
        Throttle {
            clock: DefaultClock::default(),
            addresses: RateLimiter::keyed(quota(30, 2)),
            pairs: RateLimiter::keyed(quota(10, 10)),
            accounts: RateLimiter::keyed(quota(20, 10)),
        }
    }

    /// Counts an attempt from an address.
    ///
    /// # Errors
    /// There were too many.
    pub fn attempt_from(&self, address: Option<IpAddr>) -> Result<(), TooMany> {
        self.check(&self.addresses, &address.map(network))
    }

    /// Counts an attempt to sign in as `email`.
    ///
    /// # Errors
    /// There were too many.
    pub fn attempt_on(
        &self,
        email: &str,
        address: Option<IpAddr>,
        is_known_network: bool,
    ) -> Result<(), TooMany> {
        let account = email.trim().to_lowercase();
        self.check(&self.pairs, &(account.clone(), address.map(network)))?;
        match is_known_network {
            true => Ok(()),
            false => self.check(&self.accounts, &account),
        }
    }

    /// Counts an attempt at their own password by somebody who is signed in. Others' attempts on
    /// their account don't count against them.
    ///
    /// # Errors
    /// There were too many.
    pub fn attempt_on_own(&self, email: &str, address: Option<IpAddr>) -> Result<(), TooMany> {
        self.attempt_from(address)?;
        self.attempt_on(email, address, true)
    }

    /// Forgets those who have been quiet long enough, so that memory stays bounded.
    pub fn forget_quiet(&self) {
        self.addresses.retain_recent();
        self.pairs.retain_recent();
        self.accounts.retain_recent();
    }

    fn check<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), TooMany> {
        limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            TooMany {
                retry_after: wait.as_secs() + 1,
            }
        })
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Throttle::new()
    }
}

/// `burst` attempts at once, then one every `seconds`.
fn quota(burst: u32, seconds: u64) -> Quota {
    let burst = NonZeroU32::new(burst).expect("above zero");
    Quota::with_period(Duration::from_secs(seconds))
        .expect("above zero")
        .allow_burst(burst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn one_address_guessing_one_account_is_slowed() {
        let throttle = Throttle::new();
        let attempt = || throttle.attempt_on("ana@example.com", ip(1), true);
        assert!((0..10).all(|_| attempt().is_ok()));
        let too_many = attempt().unwrap_err();
        assert!((1..=11).contains(&too_many.retry_after));
        assert!(throttle.attempt_on("ben@example.com", ip(1), true).is_ok());
    }

    #[test]
    fn many_addresses_can_not_lock_a_person_out() {
        let throttle = Throttle::new();
        let refused = (0..100)
            .filter(|last| {
                throttle
                    .attempt_on("ana@example.com", ip(*last), false)
                    .is_err()
            })
            .count();
        assert_eq!(refused, 80);
        assert!(
            throttle
                .attempt_on("Ana@example.com", ip(200), true)
                .is_ok()
        );
    }

    #[test]
    fn one_address_guessing_many_accounts_is_slowed() {
        let throttle = Throttle::new();
        assert!((0..30).all(|_| throttle.attempt_from(ip(1)).is_ok()));
        assert!(throttle.attempt_from(ip(1)).is_err());
        assert!(throttle.attempt_from(ip(2)).is_ok());
    }
}
