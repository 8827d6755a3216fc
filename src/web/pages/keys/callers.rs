//! How a key is used, as its page shows it: who calls with it.

use std::collections::BTreeSet;

use keyward_key::verdict::Outcome;

use crate::clock::UtcTime;
use crate::records::Source;
use crate::web::shared::times::{Moment, grouped};

/// How many callers are shown; the others open.
pub const SHOWN: usize = 10;

/// An address that a key was presented from, with its user agents.
pub struct CallerView {
    pub ip: String,
    pub first_seen: Moment,
    pub last_seen: Moment,
    pub passed: String,
    pub refused: String,
    /// "Revoked, Expired"; empty if nothing was refused.
    pub reasons: String,
    pub agents: Vec<AgentView>,
}

/// A user agent at an address.
pub struct AgentView {
    pub name: String,
    pub passed: String,
    pub refused: String,
    pub last_seen: Moment,
}

impl CallerView {
    /// The callers that these sources are, the latest first.
    pub fn all(sources: &[Source], now: UtcTime) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        let addresses = sources.iter().map(|source| source.ip.as_str());
        let addresses = addresses.filter(|ip| seen.insert(*ip));
        let of = |ip| sources.iter().filter(|source| source.ip == ip).collect();
        addresses.filter_map(|ip| Self::new(of(ip), now)).collect()
    }

    fn new(sources: Vec<&Source>, now: UtcTime) -> Option<Self> {
        let sum = |count: fn(&Source) -> i64| sources.iter().map(|source| count(source)).sum();
        let reasons: BTreeSet<&str> = sources
            .iter()
            .filter_map(|source| source.refusal.as_deref().map(Outcome::title_of))
            .collect();
        Some(CallerView {
            ip: sources.first()?.ip.clone(),
            first_seen: Moment::new(sources.iter().map(|source| source.first_seen).min()?, now),
            last_seen: Moment::new(sources.iter().map(|source| source.last_seen).max()?, now),
            passed: grouped(sum(|source| source.passed)),
            refused: grouped(sum(|source| source.refused)),
            reasons: Vec::from_iter(reasons).join(", "),
            agents: sources
                .iter()
                .map(|source| AgentView {
                    name: source.user_agent.clone(),
                    passed: grouped(source.passed),
                    refused: grouped(source.refused),
                    last_seen: Moment::new(source.last_seen, now),
                })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn user_agents_of_one_address_are_one_caller() {
        let now = datetime!(2026-11-20 12:00);
        let source = |ip: &str, agent: &str, hours, refusal: Option<&str>| Source {
            ip: ip.into(),
            user_agent: agent.into(),
            first_seen: now - Duration::DAY,
            last_seen: now - Duration::hours(hours),
            passed: 10,
            refused: i64::from(refusal.is_some()),
            refused_at: None,
            refusal: refusal.map(str::to_owned),
        };
        let sources = [
            source("203.0.113.7", "curl", 1, Some("EXPIRED")),
            source("203.0.113.8", "curl", 2, None),
            source("203.0.113.7", "checkout", 3, Some("REVOKED")),
        ];
        let callers = CallerView::all(&sources, now);
        assert_eq!(callers.len(), 2);
        let first = &callers[0];
        assert_eq!((first.passed.as_str(), first.refused.as_str()), ("20", "2"));
        assert_eq!(first.reasons, "Expired, Revoked");
        assert_eq!(
            (first.agents.len(), first.last_seen.words.as_str()),
            (2, "1 h ago")
        );
    }
}
