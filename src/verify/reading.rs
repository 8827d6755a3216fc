//! Reading the whole database: it replaces everything in memory, except that what has ended stays
//! ended.
//!
//! At the start there is nothing to replace. Later, the database is read again because it lost its
//! last changes. Numbers of changes then say nothing about which of two states is newer, so each
//! row replaces what memory has. What memory knew to have ended, and the database does not, is
//! returned, so that it can be written there.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::entry::Project;
use super::index::Index;
use crate::clock::to_micros;
use crate::db::known_keys::{KnownKey, KnownProject};
use crate::domain::rollbacks::Undone;

/// A reading of the whole database, under way or completed.
#[derive(Default)]
pub(super) struct Reading {
    /// Rises with each reading.
    pub(super) number: u32,
    /// The last one after which the database knew everything. What later ones read says nothing
    /// about what it had lost.
    told: u32,
    /// The last audit entry before the lost ones; `None` if none were lost.
    lost_after: Option<i64>,
    /// When it began, in microseconds since 1970.
    began: i64,
    undone: Undone,
}

impl Index {
    /// The number of the last reading. Note it before reading rows for
    /// [`take_in_of`](Index::take_in_of).
    pub fn reading(&self) -> u32 {
        self.writer().reading.number
    }

    /// Begins to read the whole database, whose projects are `projects`. `lost_after` is the last
    /// audit entry before those that it lost, if it lost some. `now` is in microseconds since 1970.
    pub fn begin_reading(&self, projects: Vec<KnownProject>, lost_after: Option<i64>, now: i64) {
        let mut writer = self.writer();
        self.note_imported(&projects);
        let mut undone = Undone::default();
        // Those of another project with the same id must not be used again.
        writer.kinds.clear();
        let ids: BTreeSet<i64> = projects.iter().map(|project| project.id).collect();
        writer.projects.retain(|id, _| ids.contains(id));
        for mut known in projects {
            if writer.has_archived(&known) && !known.archived {
                known.archived = true;
                undone.projects.push((known.id, known.slug.clone()));
            }
            let id = known.id;
            let present = writer.projects.get(&id);
            match present.filter(|present| present.facts().slug == known.slug) {
                Some(present) => present.0.store(Arc::new(known)),
                None => {
                    let project = Arc::new(Project(ArcSwap::from_pointee(known)));
                    writer.projects.insert(id, project);
                }
            }
        }
        writer.reading = Reading {
            number: writer.reading.number + 1,
            told: writer.reading.told,
            lost_after,
            began: now,
            undone,
        };
    }

    /// Replaces what is known about these keys. Each key's project must be in memory already.
    pub fn replace(&self, keys: Vec<KnownKey>) {
        let mut writer = self.writer();
        let map = self.keys.pin();
        for mut known in keys {
            let Some(project) = writer.projects.get(&known.project_id).cloned() else {
                tracing::error!(key = known.id, "a key has no project");
                continue;
            };
            let digest = known.digest;
            let present = map.get(&digest);
            let reading = &writer.reading;
            let was_revoked =
                writer.gone.contains(&digest) || present.is_some_and(|present| present.revoked);
            let end = known.expires_at.map_or(i64::MAX, to_micros);
            let works = end > reading.began;
            // A key that was rotated without an overlap has ended too.
            let was_ended = reading.lost_after.is_some_and(|entry| {
                present.is_some_and(|present| {
                    present.reading <= reading.told
                        && present.ended_before(end)
                        && present.ended_after(entry, reading.began)
                })
            });
            if !known.revoked && (was_revoked || (works && was_ended)) {
                writer.reading.undone.keys.push((known.id, digest));
                known.revoked = true;
            }
            map.insert(digest, writer.entry(known, &project, present));
        }
    }

    /// Notes that the database knows everything that the last reading found missing.
    pub fn end_telling(&self) {
        let reading = &mut self.writer().reading;
        reading.told = reading.number;
    }

    /// Ends the reading: forgets the keys that the database does not have, and returns what it
    /// does not know to have ended. An ended key is remembered even if the database does not have
    /// it: the next database may.
    pub fn end_reading(&self) -> Undone {
        let mut writer = self.writer();
        let number = writer.reading.number;
        let gone = &mut writer.gone;
        self.keys.pin().retain(|digest, entry| {
            let is_there = entry.reading == number;
            if !is_there && entry.is_ended() {
                gone.insert(*digest);
            }
            is_there
        });
        std::mem::take(&mut writer.reading.undone)
    }
}
