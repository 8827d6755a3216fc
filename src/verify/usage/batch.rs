//! Some rows in the shape that the database's tables have.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_key::verdict::Outcome;

use crate::clock::UtcTime;
use crate::db::sources::{self, SourceUse};
use crate::db::usage::{self, Count};
use crate::db::{AnyConnection, DbError, project_usage, unaudited};
use crate::records::LastUse;
use crate::verify::ledger::{Callers, Row};

/// What is written in one transaction. Everything is sorted, so that instances that write the same
/// keys can't deadlock.
#[derive(Default)]
pub struct Batch {
    counts: BTreeMap<(i64, UtcTime, &'static str), i64>,
    last_uses: BTreeMap<i64, LastUse>,
    /// When keys that had ended were last presented.
    tries: BTreeMap<i64, UtcTime>,
    /// By key, address and user agent; empty where they are not known.
    sources: BTreeMap<(i64, String, Arc<str>), SourceUse>,
}

impl Batch {
    /// What these rows come to.
    pub fn new(rows: &[Row], callers: &Callers) -> Self {
        let mut batch = Batch::default();
        for row in rows {
            batch.add(row, callers);
        }
        batch
    }

    fn add(&mut self, row: &Row, callers: &Callers) {
        let (outcome, requests) = (row.outcome(), i64::from(row.requests));
        let count = (row.key, row.hour(), outcome.code());
        *self.counts.entry(count).or_default() += requests;
        let source = callers.source(row.caller);
        let ip = source.as_ref().and_then(|source| source.ip);
        let ip = ip.map(|ip| ip.to_string());
        let agent = source.as_ref().and_then(|source| source.user_agent.clone());
        let (passed, refused) = match outcome {
            Outcome::Valid => (requests, 0),
            _ => (0, requests),
        };
        if passed > 0 {
            let last = self.last_uses.get(&row.key);
            if last.is_none_or(|last| last.at < row.last()) {
                let last_use = LastUse {
                    at: row.last(),
                    ip: ip.clone(),
                    user_agent: agent.as_deref().map(str::to_owned),
                };
                self.last_uses.insert(row.key, last_use);
            }
        }
        if matches!(outcome, Outcome::Revoked | Outcome::Expired) {
            let last = self.tries.entry(row.key).or_insert_with(|| row.last());
            *last = row.last().max(*last);
        }
        if source.is_none() {
            return;
        }
        let used = SourceUse {
            first_seen: row.first(),
            last_seen: row.last(),
            passed,
            refused,
            refusal: (refused > 0).then(|| (row.last(), outcome.code())),
        };
        let source = (row.key, ip.unwrap_or_default(), agent.unwrap_or_default());
        let known = self.sources.entry(source);
        known.and_modify(|known| known.add(&used)).or_insert(used);
    }

    /// The keys whose sources it adds to.
    pub fn keys_with_sources(&self) -> impl Iterator<Item = i64> {
        self.sources.keys().map(|(key, ..)| *key)
    }

    /// Writes everything, or nothing.
    ///
    /// # Errors
    /// The database fails.
    pub fn write(&self, conn: &mut AnyConnection) -> Result<(), DbError> {
        let counts: Vec<Count> = self
            .counts
            .iter()
            .map(|((key_id, hour, outcome), requests)| Count {
                key_id: *key_id,
                hour: *hour,
                outcome,
                requests: *requests,
            })
            .collect();
        let last_uses: Vec<(i64, &LastUse)> = self
            .last_uses
            .iter()
            .map(|(key, last)| (*key, last))
            .collect();
        let tries: Vec<(i64, UtcTime)> = self.tries.iter().map(|(key, at)| (*key, *at)).collect();
        let sources: Vec<(i64, &str, &str, &SourceUse)> = self
            .sources
            .iter()
            .map(|((key, ip, agent), used)| (*key, ip.as_str(), &**agent, used))
            .collect();
        unaudited(conn, |tx| {
            usage::add(tx, &counts)?;
            project_usage::add(tx, &counts)?;
            usage::set_last_uses(tx, &last_uses)?;
            usage::set_tries(tx, &tries)?;
            sources::add(tx, &sources)
        })
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::clock::to_micros;
    use crate::verify::ledger::{Caller, NO_SOURCE};

    const NOW: UtcTime = datetime!(2026-11-21 12:59:59.9);

    #[test]
    fn the_same_source_is_added_up_and_the_latest_use_wins() {
        let callers = Callers::default();
        let curl = Caller {
            ip: Some("203.0.113.7".parse().unwrap()),
            user_agent: Some(b"curl"),
        };
        let id = callers.id(&curl);
        callers.meet(id, &curl);
        let later = NOW + Duration::SECOND;
        let row = |caller, outcome, at| Row::new(7, caller, outcome, to_micros(at));
        let rows = [
            row(id, Outcome::Valid, later),
            row(id, Outcome::Valid, NOW),
            row(id, Outcome::Revoked, later),
            row(NO_SOURCE, Outcome::Valid, NOW),
        ];
        let batch = Batch::new(&rows, &callers);
        let ((_, ip, agent), source) = batch.sources.first_key_value().unwrap();
        assert_eq!((ip.as_str(), &**agent), ("203.0.113.7", "curl"));
        assert_eq!(
            (batch.sources.len(), source.passed, source.refused),
            (1, 2, 1)
        );
        assert_eq!((source.first_seen, source.last_seen), (NOW, later));
        assert_eq!(source.refusal, Some((later, "REVOKED")));
        let last_use = &batch.last_uses[&7];
        assert_eq!(
            (last_use.at, last_use.ip.as_deref()),
            (later, Some("203.0.113.7"))
        );
        assert_eq!(batch.tries[&7], later);
        let counts: Vec<i64> = batch.counts.values().copied().collect();
        assert_eq!(counts, [2, 1, 1], "two hours, and two outcomes in one");
    }
}
