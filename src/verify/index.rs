//! Every key in memory, found by its digest.
//!
//! Readers share no lock. Writers take turns, and newer data wins: two threads may deliver what
//! they read at different times in any order.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use keyward_key::KeyDigest;

use super::entry::{Entry, Kind, KindName, Project};
use super::reading::Reading;
use crate::db::known_keys::{KnownKey, KnownProject};

/// Every key, once it is loaded.
#[derive(Default)]
pub struct Index {
    pub(super) keys: papaya::HashMap<KeyDigest, Entry, BuildHasherDefault<FirstBytes>>,
    /// Locked by writers, never by readers.
    writer: Mutex<Writer>,
    has_imported: AtomicBool,
}

#[derive(Default)]
pub(super) struct Writer {
    pub(super) projects: HashMap<i64, Arc<Project>>,
    pub(super) kinds: HashMap<KindName, Arc<Kind>>,
    /// How many kinds were in use when unused ones were last removed.
    kinds_in_use: usize,
    /// The last reading of the whole database.
    pub(super) reading: Reading,
    /// Ended keys that the database no longer has. Should it have one again, it stays ended.
    pub(super) gone: HashSet<KeyDigest>,
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

    /// Notes whether one of these projects has keys from another system.
    pub(super) fn note_imported(&self, projects: &[KnownProject]) {
        if projects.iter().any(|project| project.has_imported) {
            self.has_imported.store(true, Ordering::Release);
        }
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
        let reading = self.reading();
        self.take_in_of(reading, projects, keys);
    }

    /// Like [`take_in`](Self::take_in), unless the whole database is being read again since
    /// `reading`: these rows may then be of a database that is no more.
    pub fn take_in_of(&self, reading: u32, projects: Vec<KnownProject>, keys: Vec<KnownKey>) {
        let mut writer = self.writer();
        if writer.reading.number != reading {
            return;
        }
        self.note_imported(&projects);
        for known in projects {
            writer.take_in_project(known);
        }
        let map = self.keys.pin();
        for mut known in keys {
            let Some(project) = writer.projects.get(&known.project_id).cloned() else {
                tracing::error!(key = known.id, "a key has no project");
                continue;
            };
            let digest = known.digest;
            known.revoked |= writer.gone.contains(&digest);
            let present = map.get(&digest);
            if present.is_some_and(|present| present.goes_before(&known)) {
                continue;
            }
            map.insert(digest, writer.entry(known, &project, present));
        }
    }

    /// The key as it was just read, regardless of what is in memory, except that it ends no later
    /// than is known there. `has_lost` says that the database lost changes that memory knows.
    pub fn fresh(
        &self,
        project: KnownProject,
        mut key: KnownKey,
        has_lost: bool,
    ) -> (Entry, Arc<KnownProject>) {
        let writer = self.writer();
        key.revoked |= writer.gone.contains(&key.digest) || writer.has_archived(&project);
        drop(writer);
        if let Some(present) = self.keys.pin().get(&key.digest) {
            present.restrain(&mut key, has_lost);
        }
        let facts = Arc::new(project);
        let project = Arc::new(Project(ArcSwap::new(Arc::clone(&facts))));
        let entry = Entry::new(key, |name| Arc::new(Kind::new(&name, project)));
        (entry, facts)
    }

    /// Makes room for this many keys.
    pub fn reserve(&self, keys: usize) {
        self.keys.pin().reserve(keys);
    }

    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    fn take_in_project(&mut self, known: KnownProject) {
        let id = known.id;
        let Some(project) = self.projects.get(&id) else {
            let project = Arc::new(Project(ArcSwap::from_pointee(known)));
            self.projects.insert(id, project);
            return;
        };
        let before = project.facts();
        if before.changed_in > known.changed_in {
            return;
        }
        let archived = known.archived || self.has_archived(&known);
        // What kinds have worked out from it stays valid while it is the same.
        let catalogue = match before.catalogue == known.catalogue {
            true => Arc::clone(&before.catalogue),
            false => Arc::clone(&known.catalogue),
        };
        project.0.store(Arc::new(KnownProject {
            archived,
            catalogue,
            ..known
        }));
    }

    /// Whether this project is known to be archived, which is final. After the database lost
    /// changes, another project may have its id.
    pub(super) fn has_archived(&self, project: &KnownProject) -> bool {
        self.projects.get(&project.id).is_some_and(|present| {
            let present = present.facts();
            present.archived && present.slug == project.slug
        })
    }

    /// The entry of a key, in place of `present`, the one that it had so far.
    pub(super) fn entry(
        &mut self,
        known: KnownKey,
        project: &Arc<Project>,
        present: Option<&Entry>,
    ) -> Entry {
        let mut entry = Entry::new(known, |name| self.kind(name, project));
        entry.reading = self.reading.number;
        if let Some(present) = present {
            entry.remember(present);
        }
        entry
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
pub(super) struct FirstBytes(u64);

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
mod reading_tests;
#[cfg(test)]
mod tests;
