//! Counts of verifications, before they are added up.
//!
//! Each thread keeps its own counts, so that threads that verify the same key do not wait for each
//! other: two threads adding to one number take eight times as long as each adding to its own.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;
use keyward_key::verdict::Outcome;
use thread_local::ThreadLocal;

use crate::http::client::{self, HeaderLine};

/// Who presents a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller<'a> {
    /// `None` if the address is not known.
    pub ip: Option<IpAddr>,
    /// The raw header; `None` if there was none.
    pub user_agent: Option<&'a [u8]>,
}

impl<'a> Caller<'a> {
    /// A caller at `ip` that sent these headers.
    pub fn new(ip: Option<IpAddr>, headers: impl Iterator<Item = HeaderLine<'a>>) -> Self {
        let is_agent = |line: &HeaderLine| line.0.eq_ignore_ascii_case("user-agent");
        let mut headers = headers;
        Caller {
            ip,
            user_agent: headers.find(is_agent).map(|line| line.1),
        }
    }
}

/// The counts of all threads since they were last taken.
#[derive(Default)]
pub struct Ledger {
    pages: ThreadLocal<Mutex<HashMap<Use, Tally, RandomState>>>,
    agents: RandomState,
}

/// One key, used from one address by one user agent, which is identified by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Use {
    key: i64,
    ip: Option<IpAddr>,
    agent: u64,
}

/// How often a key was used from one source, and with what outcomes.
#[derive(Debug)]
pub struct Tally {
    /// Cut to 200 characters; `None` if the request had none.
    pub user_agent: Option<String>,
    /// The first request, in microseconds since 1970 like all times here.
    pub first: i64,
    /// The latest request.
    pub last: i64,
    /// How many requests had each outcome. No outcome appears twice.
    pub outcomes: Vec<(Outcome, i64)>,
    /// `None` if no request passed.
    pub last_pass: Option<i64>,
    /// When and why; `None` if no request was refused.
    pub last_refusal: Option<(i64, Outcome)>,
}

impl Ledger {
    /// Counts a verification of a known key.
    pub fn record(&self, key: i64, outcome: Outcome, caller: &Caller, now: i64) {
        let counted = Use {
            key,
            ip: caller.ip,
            agent: caller
                .user_agent
                .map_or(0, |agent| self.agents.hash_one(agent)),
        };
        let page = self.pages.get_or_default();
        let mut page = page.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = page.entry(counted).or_insert_with(|| Tally {
            user_agent: caller.user_agent.map(client::tidy_user_agent),
            first: now,
            last: now,
            outcomes: Vec::with_capacity(1),
            last_pass: None,
            last_refusal: None,
        });
        tally.count(outcome, now);
    }

    /// Takes everything counted so far: key, address and tally.
    pub fn take(&self) -> Vec<(i64, Option<IpAddr>, Tally)> {
        let mut taken = Vec::new();
        for page in &self.pages {
            let mut page = page.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = HashMap::with_capacity_and_hasher(page.len(), RandomState::default());
            let full = std::mem::replace(&mut *page, fresh);
            drop(page);
            taken.extend(
                full.into_iter()
                    .map(|(counted, tally)| (counted.key, counted.ip, tally)),
            );
        }
        taken
    }
}

impl Tally {
    fn count(&mut self, outcome: Outcome, now: i64) {
        self.last = now;
        match outcome {
            Outcome::Valid => self.last_pass = Some(now),
            refusal => self.last_refusal = Some((now, refusal)),
        }
        match self
            .outcomes
            .iter_mut()
            .find(|(known, _)| *known == outcome)
        {
            Some((_, count)) => *count += 1,
            None => self.outcomes.push((outcome, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000_000;

    #[test]
    fn threads_count_for_themselves_and_nothing_is_lost() {
        let ledger = Ledger::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for turn in 0..1_000 {
                        let caller = Caller {
                            ip: None,
                            user_agent: Some(b"curl/8"),
                        };
                        let outcome = match turn % 10 {
                            0 => Outcome::Revoked,
                            _ => Outcome::Valid,
                        };
                        ledger.record(7, outcome, &caller, NOW);
                    }
                });
            }
        });
        let taken = ledger.take();
        let count = |wanted| -> i64 {
            let all = taken.iter().flat_map(|(_, _, tally)| &tally.outcomes);
            all.filter(|(outcome, _)| *outcome == wanted)
                .map(|(_, count)| count)
                .sum()
        };
        assert_eq!(
            (count(Outcome::Valid), count(Outcome::Revoked)),
            (3_600, 400)
        );
        assert!(ledger.take().is_empty());
    }
}
