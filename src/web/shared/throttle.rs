//! Slows down guessing: of passwords and setup codes, per account and per address.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use ipnet::IpNet;

use super::guesses::Guesses;
use crate::domain::text;
use crate::http::client::network;

/// Limits on guessing. Each address has one, and each account has one more per address. All other
/// addresses together have one per account, which doesn't count for networks the person recently
/// signed in from: guessing from many addresses can't lock them out. Guesses that were right are
/// given back.
pub struct Throttle {
    addresses: Guesses<Option<IpNet>>,
    pairs: Guesses<(String, Option<IpNet>)>,
    accounts: Guesses<String>,
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
            addresses: Guesses::new(30, Duration::from_secs(2)),
            pairs: Guesses::new(10, Duration::from_secs(10)),
            accounts: Guesses::new(20, Duration::from_secs(10)),
        }
    }

    /// Counts an attempt from an address.
    ///
    /// # Errors
    /// There were too many.
    pub fn attempt_from(&self, address: Option<IpAddr>) -> Result<(), TooMany> {
        let counted = self.addresses.count(address.map(network), Instant::now());
        counted.map_err(too_many)
    }

    /// The attempt from this address was right.
    pub fn was_right_from(&self, address: Option<IpAddr>) {
        self.addresses.give_back(&address.map(network));
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
        let (account, now) = (account(email), Instant::now());
        let pair = (account.clone(), address.map(network));
        self.pairs.count(pair, now).map_err(too_many)?;
        match is_known_network {
            true => Ok(()),
            false => self.accounts.count(account, now).map_err(too_many),
        }
    }

    /// The attempt to sign in as `email` was right.
    pub fn was_right_on(&self, email: &str, address: Option<IpAddr>, is_known_network: bool) {
        let account = account(email);
        if !is_known_network {
            self.accounts.give_back(&account);
        }
        self.pairs.give_back(&(account, address.map(network)));
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

    /// The attempt at their own password was right.
    pub fn was_right_on_own(&self, email: &str, address: Option<IpAddr>) {
        self.was_right_from(address);
        self.was_right_on(email, address, true);
    }

    /// Forgets those who have been quiet long enough, so that memory stays bounded.
    pub fn forget_quiet(&self) {
        let now = Instant::now();
        self.addresses.forget_quiet(now);
        self.pairs.forget_quiet(now);
        self.accounts.forget_quiet(now);
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Throttle::new()
    }
}

fn account(email: &str) -> String {
    text::tidy_email(email).unwrap_or_else(|_| email.trim().to_lowercase())
}

fn too_many(wait: Duration) -> TooMany {
    TooMany {
        retry_after: wait.as_secs() + 1,
    }
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
