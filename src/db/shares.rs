//! How an instance divides its connections: so that neither verifications, nor pages, nor changes
//! wait for the others.

/// How many connections each kind of work has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Looking at something in the console or over the management API.
    pub reading: u32,
    /// Changes, signing in, and finding out who asks.
    pub urgent: u32,
    /// Looking up keys that are not in memory.
    pub verifying: u32,
}

/// The connections of the threads that follow the database and write usage.
const THREADS: u32 = 2;

impl Shares {
    /// Divides `all`, at least 8.
    pub fn of(all: u32) -> Self {
        let rest = all.saturating_sub(THREADS);
        let urgent = (rest * 3 / 10).max(2);
        let verifying = urgent;
        Shares {
            reading: rest.saturating_sub(urgent + verifying).max(2),
            urgent,
            verifying,
        }
    }

    /// What pages, the management API and the thread that writes usage have together.
    pub fn pages(self) -> u32 {
        self.reading + self.urgent + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_is_given_to_somebody() {
        for all in 8..=200 {
            let shares = Shares::of(all);
            let follower = 1;
            assert_eq!(shares.pages() + shares.verifying + follower, all);
            assert!(shares.reading >= 2 && shares.urgent >= 2 && shares.verifying >= 2);
        }
        let usual = Shares {
            reading: 8,
            urgent: 6,
            verifying: 6,
        };
        assert_eq!(Shares::of(22), usual);
    }
}
