//! Every key in memory, found by its digest.
//!
//! Readers share no lock. Writers take turns, and newer data wins: two threads may deliver what
//! they read at different times in any order.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use keyward_key::KeyDigest;

use super::entry::{Entry, Kind, KindName, Project};
use crate::db::known_keys::{KnownKey, KnownProject};

/// Every key, once it is loaded.
#[derive(Default)]
pub struct Index {
    keys: papaya::HashMap<KeyDigest, Entry, BuildHasherDefault<FirstBytes>>,
    /// Locked by writers, never by readers.
    writer: Mutex<Writer>,
    has_imported: AtomicBool,
}

#[derive(Default)]
struct Writer {
    projects: HashMap<i64, Arc<Project>>,
    kinds: HashMap<KindName, Arc<Kind>>,
    /// How many kinds were in use when unused ones were last removed.
    kinds_in_use: usize,
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

    /// Whether there may be keys from another system, whose secrets may have any format.
    pub fn has_imported(&self) -> bool {
        self.has_imported.load(Ordering::Acquire)
    }

    /// The projects of these keys that are not in memory yet.
    pub fn unknown_projects(&self, keys: &[KnownKey]) -> Vec<i64> {
        let writer = self.writer();
        let projects = keys.iter().map(|key| key.project_id);
        let unknown: BTreeSet<i64> = projects
            .filter(|project| !writer.projects.contains_key(project))
            .collect();
        unknown.into_iter().collect()
    }

    /// Adds what is known about projects and keys. Each key's project must be among them, or
    /// already in memory.
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

    /// The key as it was just read, regardless of what is in memory.
    pub fn fresh(project: KnownProject, key: KnownKey) -> (Entry, Arc<KnownProject>) {
        let facts = Arc::new(project);
        let project = Arc::new(Project(ArcSwap::new(Arc::clone(&facts))));
        let entry = Entry::new(key, |name| Arc::new(Kind::new(&name, project)));
        (entry, facts)
    }

    /// Makes room for this many keys.
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
        let (id, known) = (known.id, Arc::new(known));
        let Some(project) = self.projects.get(&id) else {
            let project = Arc::new(Project(ArcSwap::new(known)));
            self.projects.insert(id, project);
            return;
        };
        let before = project.facts();
        if before.changed_in > known.changed_in {
            return;
        }
        let has_new_catalogue = before.inclusions != known.inclusions;
        project.0.store(known);
        if has_new_catalogue {
            let of_project = self.kinds.iter().filter(|((owner, ..), _)| *owner == id);
            of_project.for_each(|(_, kind)| kind.follow_catalogue());
        }
    }

    fn kind(&mut self, name: KindName, project: &Arc<Project>) -> Arc<Kind> {
        if let Some(kind) = self.kinds.get(&name) {
            return Arc::clone(kind);
        }
        let kind = Arc::new(Kind::new(&name, Arc::clone(project)));
        self.kinds.insert(name, Arc::clone(&kind));
        if self.kinds.len() > 1_000 + 2 * self.kinds_in_use {
            self.kinds.retain(|_, kind| Arc::strong_count(kind) > 1);
            self.kinds_in_use = self.kinds.len();
        }
        kind
    }
}

/// A digest is as good as random, so its first eight bytes serve as its hash.
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
mod tests;
