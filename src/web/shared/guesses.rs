//! Counting guesses of which the right ones are given back, by the generic cell rate algorithm
//! (ITU-T I.371, annex A). `governor` counts likewise, but can't take a count back.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many guesses at once for each key, and then one in every interval.
pub struct Guesses<K> {
    interval: Duration,
    burst: u32,
    /// When the last of a key's guesses will have been made up for.
    due: Mutex<HashMap<K, Instant>>,
}

impl<K: Hash + Eq> Guesses<K> {
    /// `burst` guesses at once, and then one in every `interval`.
    pub fn new(burst: u32, interval: Duration) -> Self {
        Guesses {
            interval,
            burst,
            due: Mutex::default(),
        }
    }

    /// Counts a guess.
    ///
    /// # Errors
    /// How long to wait before the next one.
    pub fn count(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut due = self.due();
        let before = due.get(&key).map_or(now, |due| (*due).max(now));
        let after = before + self.interval;
        let most = now + self.interval * self.burst;
        if after > most {
            return Err(after - most);
        }
        due.insert(key, after);
        Ok(())
    }

    /// Takes one count back: it was no guess.
    pub fn give_back(&self, key: &K) {
        if let Some(due) = self.due().get_mut(key) {
            *due = due.checked_sub(self.interval).unwrap_or(*due);
        }
    }

    /// Forgets keys whose guesses are made up for.
    pub fn forget_quiet(&self, now: Instant) {
        self.due().retain(|_, due| *due > now);
    }

    fn due(&self) -> MutexGuard<'_, HashMap<K, Instant>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn after_the_burst_there_is_one_in_each_interval() {
        let (guesses, now) = (Guesses::new(3, SECOND * 10), Instant::now());
        assert!((0..3).all(|_| guesses.count("a", now).is_ok()));
        assert_eq!(guesses.count("a", now), Err(SECOND * 10));
        assert_eq!(guesses.count("b", now), Ok(()));
        assert_eq!(guesses.count("a", now + SECOND * 4), Err(SECOND * 6));
        assert_eq!(guesses.count("a", now + SECOND * 10), Ok(()));
        assert_eq!(guesses.count("a", now + SECOND * 10), Err(SECOND * 10));
    }

    #[test]
    fn what_is_given_back_was_never_counted() {
        let (guesses, now) = (Guesses::new(2, SECOND), Instant::now());
        for _ in 0..50 {
            assert_eq!(guesses.count("a", now), Ok(()));
            guesses.give_back(&"a");
        }
        assert!((0..2).all(|_| guesses.count("a", now).is_ok()));
        assert!(guesses.count("a", now).is_err());
        guesses.forget_quiet(now + SECOND * 2);
        assert!(guesses.due().is_empty());
    }
}
