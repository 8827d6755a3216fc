//! Every key in memory, found by its digest.
//!
//! Readers share no lock. Whoever writes takes turns, and what is newer wins: two threads may
//! bring what they read at different times in any order.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::http::header::HeaderValue;
use arc_swap::{ArcSwap, ArcSwapOption};
use ipnet::IpNet;
use percent_encoding::percent_decode_str;

use super::limits::{Limiter, Remaining};
use crate::clock::{UtcTime, from_micros, to_micros};
use crate::db::known_keys::{KnownKey, KnownProject};
use crate::http::percent_encoded;
use crate::key::verdict::{self, Outcome, Presented, Requirement};
use crate::key::{Environment, KeyDigest, RateLimit, scope};

/// Every key, once it is loaded.
#[derive(Default)]
pub struct Index {
    keys: papaya::HashMap<KeyDigest, Entry, BuildHasherDefault<FirstBytes>>,
    /// Taken by whoever writes, never by a reader.
    writer: Mutex<Writer>,
    has_imported: AtomicBool,
}

#[derive(Default)]
struct Writer {
    projects: HashMap<i64, Arc<Project>>,
    kinds: HashMap<KindName, Arc<Kind>>,
    /// How many kinds were in use when they were last looked through.
    kinds_in_use: usize,
    headers: HashMap<String, HeaderValue>,
}

/// Project, scopes, environment, the limit of a key's own, and its addresses.
type KindName = (i64, String, Environment, Option<RateLimit>, Vec<IpNet>);

/// A key in memory: what a verdict and its answer need.
pub struct Entry {
    pub id: i64,
    /// Percent-encoded, as it goes into a header.
    pub encoded_label: Box<str>,
    pub kind: Arc<Kind>,
    revoked: bool,
    changed_in: i64,
    /// Microseconds since 1970; the largest number is never.
    expires_at: i64,
    limiter: ArcSwapOption<Limiter>,
    /// It was refused as expired, and stays so even if the clock is set back.
    has_expired: AtomicBool,
}

/// What many keys have in common, and is kept once for all of them.
pub struct Kind {
    pub project: Arc<Project>,
    pub environment: Environment,
    pub scopes: Vec<String>,
    /// Parted by spaces.
    pub scopes_header: HeaderValue,
    /// The limit of a key's own.
    rate_limit: Option<RateLimit>,
    /// Networks it may be used from; empty is anywhere.
    allowed_ips: Vec<IpNet>,
}

/// A project in memory. It stays the same while what is known of it changes.
pub struct Project(ArcSwap<ProjectFacts>);

/// What is known of a project.
pub struct ProjectFacts {
    pub known: KnownProject,
    /// The slug.
    pub header: HeaderValue,
}

impl Project {
    /// What is known of it now.
    pub fn facts(&self) -> arc_swap::Guard<Arc<ProjectFacts>> {
        self.0.load()
    }
}

impl Index {
    /// What `f` makes of the key with this digest, if there is one.
    pub fn read<T>(&self, digest: &KeyDigest, f: impl FnOnce(Option<&Entry>) -> T) -> T {
        f(self.keys.pin().get(digest))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether there may be keys from another system, whose secrets may have any shape.
    pub fn has_imported(&self) -> bool {
        self.has_imported.load(Ordering::Acquire)
    }

    /// The projects of these keys that nobody told of yet.
    pub fn unknown_projects(&self, keys: &[KnownKey]) -> Vec<i64> {
        let writer = self.writer();
        let projects = keys.iter().map(|key| key.project_id);
        let unknown: BTreeSet<i64> = projects
            .filter(|project| !writer.projects.contains_key(project))
            .collect();
        unknown.into_iter().collect()
    }

    /// Takes in what is known of projects and keys. The project of each key must be among
    /// them, or have been told of before.
    pub fn take_in(&self, projects: Vec<KnownProject>, keys: Vec<KnownKey>) {
        let mut writer = self.writer();
        if projects.iter().any(|project| project.has_imported) {
            self.has_imported.store(true, Ordering::Release);
        }
        for known in projects {
            writer.take_in_project(known);
        }
        let map = self.keys.pin();
        for known in keys {
            let Some(project) = writer.projects.get(&known.project_id).cloned() else {
                tracing::error!(key = known.id, "a key has no project");
                continue;
            };
            let digest = known.digest;
            let present = map.get(&digest);
            if present.is_some_and(|present| present.goes_before(&known)) {
                continue;
            }
            let entry = Entry::new(known, |name| writer.kind(name, &project));
            if let Some(present) = present {
                entry.remember(present);
            }
            map.insert(digest, entry);
        }
    }

    /// The key as it was just read, whatever is in memory.
    pub fn fresh(&self, project: KnownProject, key: KnownKey) -> (Entry, Arc<ProjectFacts>) {
        let mut writer = self.writer();
        let facts = Arc::new(ProjectFacts {
            header: writer.header(&project.slug),
            known: project,
        });
        let project = Arc::new(Project(ArcSwap::new(Arc::clone(&facts))));
        let entry = Entry::new(key, |name| Arc::new(writer.new_kind(&name, project)));
        (entry, facts)
    }

    /// Makes room for so many keys.
    pub fn reserve(&self, keys: usize) {
        self.keys.pin().reserve(keys);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut writer = self.writer();
        self.keys.pin().clear();
        writer.projects.clear();
        writer.kinds.clear();
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    fn take_in_project(&mut self, known: KnownProject) {
        let header = self.header(&known.slug);
        let Some(project) = self.projects.get(&known.id) else {
            let id = known.id;
            let facts = Arc::new(ProjectFacts { known, header });
            self.projects
                .insert(id, Arc::new(Project(ArcSwap::new(facts))));
            return;
        };
        if project.facts().known.changed_in <= known.changed_in {
            project.0.store(Arc::new(ProjectFacts { known, header }));
        }
    }

    fn kind(&mut self, name: KindName, project: &Arc<Project>) -> Arc<Kind> {
        if let Some(kind) = self.kinds.get(&name) {
            return Arc::clone(kind);
        }
        let kind = Arc::new(self.new_kind(&name, Arc::clone(project)));
        self.kinds.insert(name, Arc::clone(&kind));
        if self.kinds.len() > 1_000 + 2 * self.kinds_in_use {
            self.kinds.retain(|_, kind| Arc::strong_count(kind) > 1);
            self.kinds_in_use = self.kinds.len();
        }
        kind
    }

    fn new_kind(&mut self, name: &KindName, project: Arc<Project>) -> Kind {
        let (_, scopes, environment, rate_limit, allowed_ips) = name;
        Kind {
            project,
            environment: *environment,
            scopes: scope::split(scopes),
            scopes_header: self.header(scopes),
            rate_limit: *rate_limit,
            allowed_ips: allowed_ips.clone(),
        }
    }

    /// A header value of a slug or of scopes, which can always be one.
    ///
    /// It is never freed, so that answers need not count who uses it: threads that count in
    /// one place wait for each other. There is one for each slug and set of scopes.
    fn header(&mut self, text: &str) -> HeaderValue {
        if let Some(header) = self.headers.get(text) {
            return header.clone();
        }
        let header = match HeaderValue::from_str(text) {
            Ok(_) => HeaderValue::from_static(Box::leak(text.into())),
            Err(_) => HeaderValue::from_static(""),
        };
        self.headers.insert(text.to_owned(), header.clone());
        header
    }
}

impl Entry {
    fn new(known: KnownKey, kind: impl FnOnce(KindName) -> Arc<Kind>) -> Self {
        let name = (
            known.project_id,
            known.scopes,
            known.environment,
            known.rate_limit,
            known.allowed_ips,
        );
        Entry {
            id: known.id,
            encoded_label: percent_encoded(&known.label).into_boxed_str(),
            kind: kind(name),
            revoked: known.revoked,
            changed_in: known.changed_in,
            expires_at: known.expires_at.map_or(i64::MAX, to_micros),
            limiter: ArcSwapOption::empty(),
            has_expired: AtomicBool::new(false),
        }
    }

    /// Whether it goes before `other`, which was read at another time: it is newer, and `other`
    /// does not say that it was revoked, which is for good.
    fn goes_before(&self, other: &KnownKey) -> bool {
        match (self.revoked, other.revoked) {
            (false, true) => false,
            _ => self.changed_in > other.changed_in,
        }
    }

    /// When it ends.
    pub fn expires_at(&self) -> Option<UtcTime> {
        (self.expires_at != i64::MAX).then(|| from_micros(self.expires_at))
    }

    /// The label in clear.
    pub fn label(&self) -> Cow<'_, str> {
        percent_decode_str(&self.encoded_label).decode_utf8_lossy()
    }

    /// Goes on where an earlier state of the same key was: a change gives nobody a fresh start
    /// at the same limit.
    fn remember(&self, earlier: &Entry) {
        self.limiter.store(earlier.limiter.load_full());
        let has_expired = earlier.has_expired.load(Ordering::Relaxed);
        if earlier.expires_at == self.expires_at {
            self.has_expired.store(has_expired, Ordering::Relaxed);
        }
    }

    /// The verdict with what is known of its project, and where it leaves the key's rate limit
    /// if it has one and nothing else stands against the request. What is counted and
    /// remembered is so in `memory`, the key's place in the index. `now` is in microseconds
    /// since 1970.
    pub fn judge(
        &self,
        facts: &ProjectFacts,
        memory: &Entry,
        required: &Requirement,
        client_ip: Option<IpAddr>,
        now: i64,
    ) -> (Outcome, Option<Remaining>) {
        let is_same_expiry = memory.expires_at == self.expires_at;
        let remembered = is_same_expiry && memory.has_expired.load(Ordering::Relaxed);
        let presented = Presented {
            project: &facts.known.slug,
            environment: self.kind.environment,
            scopes: &self.kind.scopes,
            inclusions: &facts.known.inclusions,
            allowed_ips: &self.kind.allowed_ips,
            expired: self.expires_at <= now || remembered,
            revoked: self.revoked || facts.known.archived,
        };
        let outcome = verdict::decide(&presented, required, client_ip);
        if outcome == Outcome::Expired && is_same_expiry {
            memory.has_expired.store(true, Ordering::Relaxed);
        }
        if outcome != Outcome::Valid {
            return (outcome, None);
        }
        let Some(limit) = self.kind.rate_limit.or(facts.known.rate_limit) else {
            return (outcome, None);
        };
        let left = memory.count(limit);
        match left.retry_after {
            None => (Outcome::Valid, Some(left)),
            Some(_) => (Outcome::RateLimited, Some(left)),
        }
    }

    fn count(&self, limit: RateLimit) -> Remaining {
        let limiter = self.limiter.load();
        if let Some(limiter) = limiter
            .as_ref()
            .filter(|counting| counting.limit() == limit)
        {
            return limiter.count();
        }
        // Whoever comes second uses what the first one put there.
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

/// A digest is as good as random: its first eight bytes are its hash.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW_UTC: UtcTime = datetime!(2026-11-21 12:00);

    fn project(changed_in: i64, rate_limit: Option<RateLimit>) -> KnownProject {
        KnownProject {
            id: 1,
            slug: "default".into(),
            rate_limit,
            inclusions: vec![],
            archived: false,
            has_imported: false,
            changed_in,
        }
    }

    fn key(changed_in: i64) -> KnownKey {
        KnownKey {
            id: 7,
            project_id: 1,
            digest: KeyDigest::of("mk_live_x"),
            label: "Café".into(),
            environment: Environment::Live,
            scopes: "read:assets".into(),
            expires_at: None,
            rate_limit: None,
            allowed_ips: vec![],
            revoked: false,
            changed_in,
        }
    }

    fn outcome(index: &Index) -> Option<Outcome> {
        index.read(&KeyDigest::of("mk_live_x"), |entry| {
            let entry = entry?;
            let facts = entry.kind.project.facts();
            Some(
                entry
                    .judge(
                        &facts,
                        entry,
                        &Requirement::default(),
                        None,
                        to_micros(NOW_UTC),
                    )
                    .0,
            )
        })
    }

    #[test]
    fn an_entry_is_small() {
        // Ten million keys fit in 2 GB with 64 bytes here, the digest, the label, and what the
        // map and the allocator take.
        assert!(size_of::<Entry>() <= 64, "{}", size_of::<Entry>());
    }

    #[test]
    fn what_is_newer_wins_in_whatever_order_it_comes() {
        let index = Index::default();
        let revoked = KnownKey {
            revoked: true,
            ..key(5)
        };
        index.take_in(vec![project(0, None)], vec![revoked]);
        index.take_in(vec![], vec![key(4)]);
        assert_eq!(outcome(&index), Some(Outcome::Revoked));
        assert_eq!(index.len(), 1);
    }

    #[test]
    fn a_revoked_key_stays_revoked_even_if_something_else_seems_newer() {
        let index = Index::default();
        index.take_in(vec![project(0, None)], vec![key(5)]);
        let revoked = KnownKey {
            revoked: true,
            ..key(4)
        };
        index.take_in(vec![], vec![revoked]);
        assert_eq!(outcome(&index), Some(Outcome::Revoked));
    }

    #[test]
    fn what_was_just_read_counts_before_memory_but_goes_on_counting_there() {
        let index = Index::default();
        let limit = Some(RateLimit {
            requests: 1,
            seconds: 60,
        });
        index.take_in(vec![project(0, limit)], vec![key(5)]);
        let judge = |known: KnownKey| {
            let (fresh, facts) = index.fresh(project(0, limit), known);
            index.read(&KeyDigest::of("mk_live_x"), |memory| {
                fresh
                    .judge(
                        &facts,
                        memory.unwrap(),
                        &Requirement::default(),
                        None,
                        to_micros(NOW_UTC),
                    )
                    .0
            })
        };
        assert_eq!(judge(key(5)), Outcome::Valid);
        assert_eq!(judge(key(5)), Outcome::RateLimited);
        let ended = KnownKey {
            expires_at: Some(NOW_UTC),
            ..key(4)
        };
        assert_eq!(judge(ended), Outcome::Expired);
    }

    #[test]
    fn a_key_waits_for_its_project() {
        let index = Index::default();
        assert_eq!(index.unknown_projects(&[key(1), key(2)]), [1]);
        index.take_in(vec![], vec![key(1)]);
        assert_eq!(outcome(&index), None);
        index.take_in(vec![project(0, None)], vec![key(1)]);
        assert!(index.unknown_projects(&[key(1)]).is_empty());
        assert_eq!(outcome(&index), Some(Outcome::Valid));
    }

    #[test]
    fn the_keys_limit_goes_before_the_projects_and_outlives_edits() {
        let limit = |requests| {
            Some(RateLimit {
                requests,
                seconds: 60,
            })
        };
        let index = Index::default();
        index.take_in(vec![project(0, limit(1))], vec![key(1)]);
        assert_eq!(outcome(&index), Some(Outcome::Valid));
        assert_eq!(outcome(&index), Some(Outcome::RateLimited));
        index.take_in(vec![], vec![key(2)]);
        assert_eq!(outcome(&index), Some(Outcome::RateLimited));
        let own = KnownKey {
            rate_limit: limit(2),
            ..key(3)
        };
        index.take_in(vec![], vec![own]);
        assert_eq!(outcome(&index), Some(Outcome::Valid));
        assert_eq!(outcome(&index), Some(Outcome::Valid));
        assert_eq!(outcome(&index), Some(Outcome::RateLimited));
    }

    #[test]
    fn a_key_expires_at_its_very_moment_and_stays_so() {
        let index = Index::default();
        let ending = KnownKey {
            expires_at: Some(NOW_UTC),
            ..key(1)
        };
        index.take_in(vec![project(0, None)], vec![ending.clone()]);
        let outcome_at = |now: i64| {
            index.read(&KeyDigest::of("mk_live_x"), |entry| {
                let entry = entry.unwrap();
                let facts = entry.kind.project.facts();
                entry
                    .judge(&facts, entry, &Requirement::default(), None, now)
                    .0
            })
        };
        let expiry = to_micros(NOW_UTC);
        assert_eq!(outcome_at(expiry - 1), Outcome::Valid);
        assert_eq!(outcome_at(expiry), Outcome::Expired);
        assert_eq!(
            outcome_at(expiry - 1),
            Outcome::Expired,
            "the clock was set back"
        );
        index.take_in(
            vec![],
            vec![KnownKey {
                label: "New".into(),
                changed_in: 2,
                ..ending.clone()
            }],
        );
        assert_eq!(
            outcome_at(expiry - 1),
            Outcome::Expired,
            "another label is no new expiry"
        );
        index.take_in(
            vec![],
            vec![KnownKey {
                expires_at: None,
                changed_in: 3,
                ..ending
            }],
        );
        assert_eq!(outcome_at(expiry), Outcome::Valid);
    }

    #[test]
    fn a_changed_project_changes_for_all_its_keys() {
        let index = Index::default();
        index.take_in(vec![project(0, None)], vec![key(1)]);
        let renamed = KnownProject {
            slug: "media".into(),
            ..project(2, None)
        };
        index.take_in(vec![renamed], vec![]);
        index.take_in(vec![project(1, None)], vec![]);
        let slug = index.read(&KeyDigest::of("mk_live_x"), |entry| {
            Some(entry?.kind.project.facts().known.slug.clone())
        });
        assert_eq!(slug.as_deref(), Some("media"));
    }
}
