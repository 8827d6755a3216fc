//! A key in memory, and the verdict on it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};
use ipnet::IpNet;
use keyward_key::Environment;
use keyward_key::scope::{self, Catalogue, Granted};
use keyward_key::verdict::{self, Outcome, Presented, Requirement};
use percent_encoding::percent_decode_str;

use super::limits::{Limiter, Remaining};
use crate::clock::{UtcTime, from_micros, to_micros};
use crate::db::known_keys::{KnownKey, KnownProject};
use crate::http::percent_encoded;
use crate::records::RateLimit;

/// Project, scopes, environment, own rate limit and allowed networks of a key.
pub(super) type KindName = (i64, String, Environment, Option<RateLimit>, Vec<IpNet>);

/// A key in memory: what a verdict and its answer need.
pub struct Entry {
    /// Returned in answers, and what usage is counted by.
    pub id: i64,
    /// Label and, after a space, consumer if there is one, percent-encoded for headers: one piece of
    /// memory instead of two.
    encoded: Box<str>,
    /// Shared by all keys of the same kind.
    pub kind: Arc<Kind>,
    pub(super) revoked: bool,
    changed_in: i64,
    /// Which reading of the whole database it was last seen in.
    pub(super) reading: u32,
    /// Microseconds since 1970; the largest number means never.
    expires_at: i64,
    limiter: ArcSwapOption<Limiter>,
    /// Whether it was refused as expired: then it stays so, even if the clock is set back.
    has_expired: AtomicBool,
}

/// What many keys have in common, stored once for all of them.
pub struct Kind {
    /// Shared with all keys of the project.
    pub project: Arc<Project>,
    /// Compared with the environment that a request requires, if any.
    pub environment: Environment,
    /// As the key lists them, separated by spaces, without the scopes they include.
    pub scopes: Box<str>,
    /// What they come to, given a catalogue that may have changed since.
    granted: ArcSwap<Granted>,
    /// The key's own limit; `None` applies the project's.
    pub(super) rate_limit: Option<RateLimit>,
    /// Networks it may be used from; empty allows any address.
    pub(super) allowed_ips: Vec<IpNet>,
}

/// A project in memory. Keys keep pointing to it while what is known about it is replaced.
pub struct Project(pub(super) ArcSwap<KnownProject>);

impl Project {
    /// What is known about it now.
    pub fn facts(&self) -> arc_swap::Guard<Arc<KnownProject>> {
        self.0.load()
    }
}

impl Kind {
    /// A kind of key in `project`.
    pub(super) fn new(name: &KindName, project: Arc<Project>) -> Self {
        let (_, scopes, environment, rate_limit, allowed_ips) = name;
        Kind {
            project,
            environment: *environment,
            scopes: scopes.as_str().into(),
            granted: ArcSwap::default(),
            rate_limit: *rate_limit,
            allowed_ips: allowed_ips.clone(),
        }
    }

    /// What the scopes come to. Worked out by the first question after the catalogue has changed.
    fn granted(&self, catalogue: &Arc<Catalogue>) -> arc_swap::Guard<Arc<Granted>> {
        let known = self.granted.load();
        if known.is_of(catalogue) {
            return known;
        }
        let granted = Arc::new(Granted::resolve(scope::parts(&self.scopes), catalogue));
        self.granted.store(Arc::clone(&granted));
        arc_swap::Guard::from_inner(granted)
    }

    /// The scopes that the key lists, one by one.
    pub fn listed_scopes(&self) -> Vec<String> {
        scope::split(&self.scopes)
    }
}

impl Entry {
    pub(super) fn new(known: KnownKey, kind: impl FnOnce(KindName) -> Arc<Kind>) -> Self {
        let name = (
            known.project_id,
            known.scopes,
            known.environment,
            known.rate_limit,
            known.allowed_ips,
        );
        Entry {
            id: known.id,
            encoded: encoded(&known.label, known.consumer.as_deref()),
            kind: kind(name),
            revoked: known.revoked,
            changed_in: known.changed_in,
            reading: 0,
            expires_at: known.expires_at.map_or(i64::MAX, to_micros),
            limiter: ArcSwapOption::empty(),
            has_expired: AtomicBool::new(false),
        }
    }

    /// Whether to keep this entry instead of `other`, which was read at another time: it has to be
    /// newer. A revocation is final, so it is never replaced by anything else, and replaces
    /// everything else: a database that lost it numbers its changes anew.
    pub(super) fn goes_before(&self, other: &KnownKey) -> bool {
        match (self.revoked, other.revoked) {
            (false, true) => false,
            (true, false) => true,
            _ => self.changed_in > other.changed_in,
        }
    }

    /// Whether it was revoked, or its project was archived.
    pub(super) fn is_ended(&self) -> bool {
        self.revoked || self.kind.project.facts().archived
    }

    /// Whether a change after the audit entry `entry` gave it an end that has passed at `now`.
    pub(super) fn ended_after(&self, entry: i64, now: i64) -> bool {
        let has_expired = self.expires_at <= now || self.has_expired.load(Ordering::Relaxed);
        self.changed_in > entry && has_expired
    }

    /// Whether it ends before this time, in microseconds since 1970.
    pub(super) fn ended_before(&self, end: i64) -> bool {
        self.expires_at < end
    }

    /// Ends `row`, just read from the database, no later than what is known here: the database may
    /// have lost its last changes. If it `has_lost` some for sure, its numbers say nothing about
    /// which of the two is newer.
    pub(super) fn restrain(&self, row: &mut KnownKey, has_lost: bool) {
        row.revoked |= self.is_ended();
        let ends_earlier = row.expires_at.map_or(i64::MAX, to_micros) > self.expires_at;
        if (has_lost || self.changed_in > row.changed_in) && ends_earlier {
            row.expires_at = self.expires_at();
        }
    }

    /// Whether it was refused as expired, and expires at this time.
    pub(super) fn was_refused_as_expired(&self, expires_at: UtcTime) -> bool {
        self.expires_at == to_micros(expires_at) && self.has_expired.load(Ordering::Relaxed)
    }

    /// When it expires; `None` if never.
    pub fn expires_at(&self) -> Option<UtcTime> {
        (self.expires_at != i64::MAX).then(|| from_micros(self.expires_at))
    }

    /// The label and the consumer, percent-encoded for headers. Without a consumer, that is empty.
    pub fn encoded(&self) -> (&str, &str) {
        self.encoded.split_once(' ').unwrap_or((&self.encoded, ""))
    }

    /// The label, decoded.
    pub fn label(&self) -> Cow<'_, str> {
        percent_decode_str(self.encoded().0).decode_utf8_lossy()
    }

    /// The consumer, decoded.
    pub fn consumer(&self) -> Option<Cow<'_, str>> {
        let (_, encoded) = self.encoded();
        (!encoded.is_empty()).then(|| percent_decode_str(encoded).decode_utf8_lossy())
    }

    /// Takes over the counts of an earlier state of the same key, so that an edit does not reset a
    /// limit that stays the same.
    pub(super) fn remember(&self, earlier: &Entry) {
        self.limiter.store(earlier.limiter.load_full());
        let has_expired = earlier.has_expired.load(Ordering::Relaxed);
        if earlier.expires_at == self.expires_at {
            self.has_expired.store(has_expired, Ordering::Relaxed);
        }
    }

    /// The verdict, given the `facts` about its project, and what it leaves of the rate limit, if
    /// there is one and the request is not refused for another reason. Counts are kept in `memory`,
    /// the key's entry in the index. `now` is in microseconds since 1970.
    pub fn judge(
        &self,
        facts: &KnownProject,
        memory: &Entry,
        required: &Requirement,
        client_ip: Option<IpAddr>,
        now: i64,
    ) -> (Outcome, Option<Remaining>) {
        let is_same_expiry = memory.expires_at == self.expires_at;
        let remembered = is_same_expiry && memory.has_expired.load(Ordering::Relaxed);
        let presented = Presented {
            project: &facts.slug,
            environment: self.kind.environment,
            granted: &self.kind.granted(&facts.catalogue),
            allowed_ips: &self.kind.allowed_ips,
            expired: self.expires_at <= now || remembered,
            revoked: self.revoked || facts.archived,
        };
        let outcome = verdict::decide(&presented, required, client_ip);
        if outcome == Outcome::Expired && is_same_expiry {
            memory.has_expired.store(true, Ordering::Relaxed);
        }
        if outcome != Outcome::Valid {
            return (outcome, None);
        }
        let Some(limit) = self.kind.rate_limit.or(facts.rate_limit) else {
            return (outcome, None);
        };
        let left = memory.count(limit);
        match left.retry_after {
            None => (Outcome::Valid, Some(left)),
            Some(_) => (Outcome::RateLimited, Some(left)),
        }
    }

    /// The scopes that a request which passes uses: those it asks for and the key has. An empty one
    /// stands for none, if it asks for none.
    pub fn used<'a>(
        &self,
        facts: &KnownProject,
        required: &'a Requirement,
    ) -> impl Iterator<Item = &'a str> {
        let granted = self.kind.granted(&facts.catalogue);
        let none = required.scopes.is_empty().then_some("");
        let wanted = required.scopes.iter();
        none.into_iter()
            .chain(wanted.filter_map(move |scope| granted.used(scope)))
    }

    fn count(&self, limit: RateLimit) -> Remaining {
        let limiter = self.limiter.load();
        if let Some(limiter) = limiter
            .as_ref()
            .filter(|counting| counting.limit() == limit)
        {
            return limiter.count();
        }
        // If another thread was faster, use its limiter.
        let fresh = Arc::new(Limiter::new(limit));
        let before = self
            .limiter
            .compare_and_swap(&limiter, Some(Arc::clone(&fresh)));
        let was_first = match (&*before, &*limiter) {
            (Some(before), Some(seen)) => Arc::ptr_eq(before, seen),
            (before, seen) => before.is_none() && seen.is_none(),
        };
        match &*before {
            Some(other) if !was_first && other.limit() == limit => other.count(),
            _ => fresh.count(),
        }
    }
}

/// The label and the consumer percent-encoded, which leaves no space in them, and a space between them.
fn encoded(label: &str, consumer: Option<&str>) -> Box<str> {
    let label = percent_encoded(label);
    let both = consumer.map(|consumer| format!("{label} {}", percent_encoded(consumer)));
    both.unwrap_or(label).into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_small() {
        // Ten million keys fit in 2 GB with 64 bytes here, the digest, the label, and what the
        // map and the allocator take.
        assert!(size_of::<Entry>() <= 64, "{}", size_of::<Entry>());
    }
}
