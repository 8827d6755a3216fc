//! Reading the whole database again: what has ended stays ended, the rest is as the database says.

use keyward_key::verdict::{Outcome, Requirement};
use time::Duration;

use super::tests::{NOW_UTC, key, outcome, project};
use super::*;
use crate::clock::to_micros;
use crate::domain::rollbacks::Undone;

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
    outcome_of(index, project, row, false)
}

fn outcome_of(index: &Index, project: KnownProject, row: KnownKey, has_lost: bool) -> Outcome {
    let (fresh, facts) = index.fresh(project, row, has_lost);
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
        entry.map(Entry::is_ended)
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
    // Edited since, so that its number is above the lost one.
    let edited = outcome_of(&index, project(0, None), key(9), true);
    assert_eq!(edited, Outcome::Expired);
    let undone = read(&index, vec![project(0, None)], vec![key(9)]);
    assert_eq!(undone.keys.len(), 1);
    assert_eq!(outcome(&index), Some(Outcome::Revoked));
    // What the database has not lost is as the database says.
    let index = memory(project(0, None), ended(4));
    let undone = read(&index, vec![project(0, None)], vec![key(5)]);
    assert!(undone.keys.is_empty());
    assert_eq!(outcome(&index), Some(Outcome::Valid));
}

#[test]
fn a_key_that_was_prolonged_before_the_database_was_told_keeps_working() {
    let ending = |changed_in, end| KnownKey {
        expires_at: Some(end),
        ..key(changed_in)
    };
    let index = memory(project(0, None), key(4));
    index.end_telling();
    // The database could not be told after the first reading, and has to be read again.
    let (past, future) = (NOW_UTC - Duration::SECOND, NOW_UTC + Duration::DAY);
    read(&index, vec![project(0, None)], vec![ending(8, past)]);
    let undone = read(&index, vec![project(0, None)], vec![ending(9, future)]);
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
