//! Who presents keys: each address and user agent is kept once, and rows name it by an id.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use super::row::NO_SOURCE;
use crate::http::client::{self, HeaderLine};

/// How many callers are kept: with their part of the table, about 2 MiB.
const MOST_CALLERS: usize = 28_000;
/// How many user agents: at most 0.8 MiB, as each is cut to 200 characters.
const MOST_AGENTS: usize = 1_000;

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

/// A caller as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// `None` if the address is not known.
    pub ip: Option<IpAddr>,
    /// Cut to 200 characters; `None` if there was none, or there were too many to keep.
    pub user_agent: Option<Arc<str>>,
}

/// Every caller that a row names. Threads look here only when they meet a caller for the first time
/// since their rows were gathered.
#[derive(Default)]
pub struct Callers {
    ids: RandomState,
    met: Mutex<Met>,
}

#[derive(Default)]
struct Met {
    sources: HashMap<u64, Known, RandomState>,
    agents: HashSet<Arc<str>, RandomState>,
    /// Counts how often rows were gathered.
    gathering: u64,
}

struct Known {
    source: Source,
    /// The gathering after which it was last met.
    met_in: u64,
}

impl Callers {
    /// The id of a caller: a hash that nobody outside can predict.
    pub fn id(&self, caller: &Caller) -> u64 {
        let ip = match caller.ip {
            None => 0,
            Some(IpAddr::V4(ip)) => u128::from(ip.to_ipv6_mapped()),
            Some(IpAddr::V6(ip)) => u128::from(ip),
        };
        match self.ids.hash_one((ip, caller.user_agent)) {
            NO_SOURCE => 1,
            id => id,
        }
    }

    /// Keeps a caller until no row names it; false if there are too many.
    pub fn meet(&self, id: u64, caller: &Caller) -> bool {
        let mut met = self.met();
        let met_in = met.gathering;
        if let Some(known) = met.sources.get_mut(&id) {
            known.met_in = met_in;
            return true;
        }
        if met.sources.len() == MOST_CALLERS {
            return false;
        }
        let source = Source {
            ip: caller.ip,
            user_agent: caller.user_agent.and_then(|sent| met.agent(sent)),
        };
        met.sources.insert(id, Known { source, met_in });
        true
    }

    /// The caller with this id; `None` if nothing is kept of it.
    pub fn source(&self, id: u64) -> Option<Source> {
        let met = self.met();
        met.sources.get(&id).map(|known| known.source.clone())
    }

    /// Called before rows are gathered: the callers of rows that are counted later are met anew.
    pub fn begin_gathering(&self) {
        self.met().gathering += 1;
    }

    /// Forgets callers that no row names, if there are many of them or of their user agents. `named` are the callers of all rows
    /// that were gathered.
    pub fn forget_unnamed(&self, named: impl Iterator<Item = u64>) {
        let mut met = self.met();
        if met.sources.len() > MOST_CALLERS / 2 || met.agents.len() > MOST_AGENTS / 2 {
            let named: HashSet<u64, RandomState> = named.collect();
            let gathering = met.gathering;
            met.sources
                .retain(|id, known| known.met_in == gathering || named.contains(id));
        }
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Met {
    fn agent(&mut self, sent: &[u8]) -> Option<Arc<str>> {
        let agent = client::tidy_user_agent(sent);
        if let Some(known) = self.agents.get(agent.as_str()) {
            return Some(Arc::clone(known));
        }
        if self.agents.len() == MOST_AGENTS {
            self.agents.retain(|agent| Arc::strong_count(agent) > 1);
        }
        if self.agents.len() == MOST_AGENTS {
            return None;
        }
        let agent: Arc<str> = agent.into();
        self.agents.insert(Arc::clone(&agent));
        Some(agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(number: u32, agent: &str) -> Caller<'_> {
        Caller {
            ip: Some(IpAddr::V4(number.into())),
            user_agent: Some(agent.as_bytes()),
        }
    }

    fn meet(callers: &Callers, caller: &Caller) -> bool {
        callers.meet(callers.id(caller), caller)
    }

    #[test]
    fn invented_addresses_fill_the_list_only_until_their_rows_are_written() {
        let callers = Callers::default();
        let met = |turn: u32| {
            (0..40_000)
                .filter(|i| meet(&callers, &caller(turn + i, "a")))
                .count()
        };
        assert_eq!(met(0), MOST_CALLERS);
        let waiting = callers.id(&caller(7, "a"));
        callers.begin_gathering();
        assert!(meet(&callers, &caller(8, "a")));
        callers.forget_unnamed([waiting].into_iter());
        assert_eq!(
            met(1 << 20),
            MOST_CALLERS - 2,
            "a waiting one, one met since"
        );
        assert!(callers.source(waiting).is_some());
    }

    #[test]
    fn invented_user_agents_are_kept_up_to_a_limit_and_then_left_out() {
        let callers = Callers::default();
        for number in 0..2_000 {
            assert!(meet(&callers, &caller(number, &format!("agent {number}"))));
        }
        let agent = |number: u32| {
            let id = callers.id(&caller(number, &format!("agent {number}")));
            callers.source(id).unwrap().user_agent
        };
        assert_eq!(agent(999).as_deref(), Some("agent 999"));
        assert_eq!(agent(1_000), None);
    }
}
