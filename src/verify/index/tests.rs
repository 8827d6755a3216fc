//! The index: what is newer wins, and what was counted stays counted.

use keyward_key::Environment;
use keyward_key::verdict::{Outcome, Requirement};
use time::macros::datetime;

use super::*;
use crate::clock::{UtcTime, to_micros};
use crate::records::RateLimit;

pub(super) const NOW_UTC: UtcTime = datetime!(2026-11-21 12:00);

pub(super) fn project(changed_in: i64, rate_limit: Option<RateLimit>) -> KnownProject {
    KnownProject {
        id: 1,
        slug: "default".into(),
        rate_limit,
        catalogue: Arc::default(),
        archived: false,
        has_imported: false,
        changed_in,
    }
}

pub(super) fn key(changed_in: i64) -> KnownKey {
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
        consumer: None,
        revoked: false,
        changed_in,
    }
}

pub(super) fn outcome(index: &Index) -> Option<Outcome> {
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
        let (fresh, facts) = index.fresh(project(0, limit), known, false);
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
        Some(entry?.kind.project.facts().slug.clone())
    });
    assert_eq!(slug.as_deref(), Some("media"));
}
