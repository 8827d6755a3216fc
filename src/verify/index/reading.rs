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

use super::{Index, KnownKey, KnownProject, Project, ProjectFacts};
use crate::clock::to_micros;
use crate::domain::rollbacks::Undone;

/// A reading of the whole database, under way or completed.
#[derive(Default)]
pub(super) struct Reading {
    /// Rises with each reading.
    pub(super) number: u32,
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
            let (id, header) = (known.id, writer.header(&known.slug));
            let facts = Arc::new(ProjectFacts { known, header });
            let present = writer.projects.get(&id);
            match present.filter(|present| present.facts().known.slug == facts.known.slug) {
                Some(present) => present.0.store(facts),
                None => {
                    let project = Arc::new(Project(ArcSwap::new(facts)));
                    writer.projects.insert(id, project);
                }
            }
        }
        writer.reading = Reading {
            number: writer.reading.number + 1,
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
            let works = known
                .expires_at
                .is_none_or(|end| to_micros(end) > reading.began);
            // A key that was rotated without an overlap has ended too.
            let was_ended = reading.lost_after.is_some_and(|entry| {
                present.is_some_and(|present| present.ended_after(entry, reading.began))
            });
            if !known.revoked && (was_revoked || (works && was_ended)) {
                writer.reading.undone.keys.push((known.id, digest));
                known.revoked = true;
            }
            map.insert(digest, writer.entry(known, &project, present));
        }
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

#[cfg(test)]
mod tests {
    use keyward_key::KeyDigest;
    use keyward_key::verdict::{Outcome, Requirement};
    use time::Duration;

    use super::super::tests::{NOW_UTC, key, outcome, project};
    use super::*;

    fn now() -> i64 {
        to_micros(NOW_UTC)
    }

    fn revoked(changed_in: i64) -> KnownKey {
        KnownKey {
            revoked: true,
            ..key(changed_in)
        }
    }

    fn archived(changed_in: i64) -> KnownProject {
        KnownProject {
            archived: true,
            ..project(changed_in, None)
        }
    }

    /// Memory with this project and key, as of the database that is no more.
    fn memory(project: KnownProject, key: KnownKey) -> Index {
        let index = Index::default();
        index.take_in(vec![project], vec![key]);
        index
    }

    /// Reads a database that lost what came after entry 5.
    fn read(index: &Index, projects: Vec<KnownProject>, keys: Vec<KnownKey>) -> Undone {
        index.begin_reading(projects, Some(5), now());
        index.replace(keys);
        index.end_reading()
    }

    /// The verdict on a row that was just read, without a lease.
    fn outcome_of_row(index: &Index, project: KnownProject, row: KnownKey) -> Outcome {
        let (fresh, facts) = index.fresh(project, row);
        let required = Requirement::default();
        fresh.judge(&facts, &fresh, &required, None, now()).0
    }

    #[test]
    fn a_revoked_key_stays_revoked_and_is_reported_until_the_database_knows() {
        let index = memory(project(0, None), revoked(7));
        for changed_in in [4, 9] {
            let row = || key(changed_in);
            let judged = outcome_of_row(&index, project(0, None), row());
            assert_eq!(judged, Outcome::Revoked, "before it is read again");
            index.take_in(vec![], vec![row()]);
            assert_eq!(outcome(&index), Some(Outcome::Revoked));
            let undone = read(&index, vec![project(0, None)], vec![row()]);
            assert_eq!(undone.keys, [(7, key(0).digest)]);
            assert_eq!(outcome(&index), Some(Outcome::Revoked));
        }
        let undone = read(&index, vec![project(0, None)], vec![revoked(10)]);
        assert!(undone.keys.is_empty());
    }

    #[test]
    fn an_archived_project_stays_archived_unless_another_has_its_number() {
        let index = memory(archived(7), key(1));
        assert_eq!(
            outcome_of_row(&index, project(9, None), key(1)),
            Outcome::Revoked
        );
        index.take_in(vec![project(9, None)], vec![]);
        assert_eq!(outcome(&index), Some(Outcome::Revoked));
        let undone = read(&index, vec![project(0, None)], vec![key(1)]);
        assert_eq!(undone.projects, [(1, "default".to_owned())]);
        assert_eq!(outcome(&index), Some(Outcome::Revoked));
        let other = KnownProject {
            slug: "other".into(),
            ..project(0, None)
        };
        let another_key = KnownKey {
            digest: KeyDigest::of("mk_live_y"),
            ..key(1)
        };
        let undone = read(&index, vec![other], vec![another_key]);
        assert!(undone.projects.is_empty() && undone.keys.is_empty());
        assert_eq!(outcome(&index), None);
        let of_other = index.read(&KeyDigest::of("mk_live_y"), |entry| {
            entry.map(super::super::Entry::is_ended)
        });
        assert_eq!(of_other, Some(false));
    }

    #[test]
    fn a_key_that_was_ended_at_once_by_a_lost_change_stays_ended() {
        let ended = |changed_in| KnownKey {
            expires_at: Some(NOW_UTC - Duration::SECOND),
            ..key(changed_in)
        };
        let index = memory(project(0, None), ended(7));
        assert_eq!(
            outcome_of_row(&index, project(0, None), key(4)),
            Outcome::Expired
        );
        let undone = read(&index, vec![project(0, None)], vec![key(4)]);
        assert_eq!(undone.keys.len(), 1);
        assert_eq!(outcome(&index), Some(Outcome::Revoked));
        // What the database has not lost is as the database says.
        let index = memory(project(0, None), ended(4));
        let undone = read(&index, vec![project(0, None)], vec![key(5)]);
        assert!(undone.keys.is_empty());
        assert_eq!(outcome(&index), Some(Outcome::Valid));
    }

    #[test]
    fn other_changes_are_as_the_database_has_them_and_lost_keys_are_forgotten() {
        let index = memory(project(7, None), key(7));
        let renamed = KnownKey {
            label: "Before".into(),
            ..key(4)
        };
        read(&index, vec![project(3, None)], vec![renamed]);
        let label = index.read(&key(0).digest, |entry| {
            entry.map(|entry| entry.label().into_owned())
        });
        assert_eq!(label.as_deref(), Some("Before"));
        read(&index, vec![project(3, None)], vec![]);
        assert!(index.is_empty());
    }

    #[test]
    fn a_revoked_key_that_was_lost_altogether_is_refused_if_it_comes_back() {
        let index = memory(project(0, None), revoked(7));
        read(&index, vec![project(0, None)], vec![]);
        assert!(index.is_empty());
        let judged = outcome_of_row(&index, project(0, None), key(6));
        assert_eq!(judged, Outcome::Revoked);
        let undone = read(&index, vec![project(0, None)], vec![key(6)]);
        assert_eq!(undone.keys.len(), 1);
        assert_eq!(outcome(&index), Some(Outcome::Revoked));
    }

    #[test]
    fn rows_of_the_database_that_is_no_more_are_not_taken_in() {
        let index = memory(project(0, None), key(1));
        let before = index.reading();
        read(&index, vec![project(0, None)], vec![]);
        index.take_in_of(before, vec![project(0, None)], vec![key(1)]);
        assert_eq!(outcome(&index), None);
    }
}
