use keyward::records::Role;
use time::Duration;

use crate::app::{Answer, Browser, TestApp, eventually};

fn path(id: i64) -> String {
    format!("/projects/default/keys/{id}/rotation")
}

fn rotate(browser: &Browser, id: i64, overlap: &str) -> Answer {
    browser.post(&path(id), &[("overlap", overlap)])
}

#[test]
fn the_page_names_the_key_and_what_depends_on_it() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout")]);
    let page = owner.get(&path(id));
    assert_eq!(page.text("h1"), "Rotate Checkout");
    assert_eq!(page.text("main .notice"), "Never used.");
    assert_eq!(page.text("#overlap option[selected]"), "24 hours");
    assert_eq!(page.texts("#overlap option").len(), 5);
    // The link that cancels comes first.
    assert_eq!(page.text("main a, main button"), "Cancel");
    assert_eq!(page.text("button.primary"), "Rotate key");
    owner.verify(&secret);
    let page = eventually(|| {
        let page = owner.get(&path(id));
        page.body.contains("1 request").then_some(page)
    });
    assert_eq!(
        page.text("main .notice"),
        "Last used just now from 127.0.0.1, 1 request in the last 24 hours. Their callers need the new key before the overlap ends."
    );
}

#[test]
fn both_keys_pass_during_the_overlap_and_then_the_successor_alone() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [("label", "Checkout"), ("scopes", "write:assets")];
    let (id, old) = owner.new_key(&fields);
    let answer = rotate(&owner, id, "1h");
    assert_eq!(
        answer.location(),
        format!("/projects/default/keys/{}/reveal", id + 1)
    );
    let reveal = owner.get(answer.location());
    let revealed = owner.post(answer.location(), &[]);
    let message = format!("The old key {}… works until 2", &old[..14]);
    for page in [&reveal, &revealed] {
        let notice = page.text("main .notice");
        assert!(notice.starts_with(&message), "{notice}");
    }
    let new = revealed.secret().unwrap();
    assert_eq!(owner.verify(&old).0, 200);
    assert_eq!(owner.verify(&new).0, 200);
    let of_old = owner.get(&format!("/projects/default/keys/{id}"));
    assert!(
        of_old
            .text("section.notice")
            .starts_with(&format!("Rotated: key {} is its successor", id + 1))
    );
    assert!(!of_old.texts(".actions a").contains(&"Rotate".to_owned()));
    let of_new = owner.get(&format!("/projects/default/keys/{}", id + 1));
    assert_eq!(of_new.text("h1"), "Checkout");
    let facts = of_new.texts(".facts dd");
    assert!(
        facts.contains(&format!("key {id}")) && facts.contains(&"write:assets".to_owned()),
        "{facts:?}"
    );
    app.clock.advance(Duration::minutes(59));
    assert_eq!(owner.verify(&old).0, 200);
    app.clock.advance(Duration::minutes(1));
    assert_eq!(owner.verify(&old), (401, "EXPIRED".into()));
    assert_eq!(owner.verify(&new).0, 200);
}

#[test]
fn without_an_overlap_the_old_key_fails_on_the_next_request() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, old) = owner.new_key(&[("expires", "never")]);
    assert_eq!(owner.verify(&old).0, 200);
    let answer = rotate(&owner, id, "0");
    assert_eq!(owner.verify(&old), (401, "EXPIRED".into()));
    let revealed = owner.post(answer.location(), &[]);
    assert!(!revealed.text("main").contains("The old key"));
    let new = revealed.secret().unwrap();
    assert_eq!(owner.verify(&new).0, 200);
}

#[test]
fn the_overlap_never_makes_a_key_live_longer() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, old) = owner.new_key(&[("expires", "30")]);
    app.clock.advance(Duration::days(29));
    let owner = app.owner();
    assert_eq!(rotate(&owner, id, "7d").status, 303);
    assert_eq!(owner.verify(&old).0, 200);
    app.clock.advance(Duration::days(1));
    assert_eq!(owner.verify(&old), (401, "EXPIRED".into()));
}

#[test]
fn a_key_is_rotated_once_and_only_while_it_works() {
    let app = TestApp::start();
    let owner = app.owner();
    let (rotated, revoked) = (owner.create_key(&[]), owner.create_key(&[]));
    assert_eq!(rotate(&owner, rotated, "24h").status, 303);
    owner.revoke(revoked);
    let before = app.audit_entries();
    for (id, message) in [
        (rotated, "This key was already rotated"),
        (revoked, "This key no longer works"),
    ] {
        for answer in [owner.get(&path(id)), rotate(&owner, id, "24h")] {
            assert_eq!(answer.status, 409, "{message}");
            assert!(answer.body.contains(message), "{}", answer.body);
            assert_eq!(answer.text("h1"), "This can't be done");
        }
    }
    assert_eq!(app.audit_entries(), before);
    let count = "SELECT count(*) AS number FROM keys";
    assert_eq!(app.database.number(count), 3);
}

#[test]
fn a_rotated_key_is_not_rotated_again() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, _) = owner.new_key(&[]);
    rotate(&owner, id, "24h");
    let gone = owner.get(&format!("/projects/default/keys/{id}/reveal"));
    assert!(gone.text("h1").contains("is gone"));
    assert!(
        !gone
            .texts("button")
            .contains(&"Rotate immediately".to_owned())
    );
    assert!(gone.texts("main a").contains(&format!("key {}", id + 1)));
}

#[test]
fn an_overlap_is_one_of_those_on_offer() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    for overlap in ["", "2h", "-1", "86400"] {
        let answer = rotate(&owner, id, overlap);
        assert_eq!(answer.status, 422, "{overlap}");
        assert_eq!(answer.text("#overlap-error"), "Choose one of these.");
    }
    assert_eq!(rotate(&owner, id, "30d").status, 303);
}

#[test]
fn only_those_who_mint_keys_rotate_them() {
    let app = TestApp::start();
    let (id, secret) = app.owner().new_key(&[]);
    for (role, may) in [
        (Role::Viewer, false),
        (Role::Support, false),
        (Role::Admin, true),
    ] {
        let person = app.person(role);
        let key = person.get(&format!("/projects/default/keys/{id}"));
        let links = key.texts(".actions a");
        assert_eq!(links.contains(&"Rotate".to_owned()), may, "{role}");
        let (shown, done) = if may { (200, 303) } else { (403, 403) };
        assert_eq!(person.get(&path(id)).status, shown, "{role}");
        assert_eq!(rotate(&person, id, "0").status, done, "{role}");
        let expected = if may { 401 } else { 200 };
        assert_eq!(person.verify(&secret).0, expected, "{role}");
    }
}

#[test]
fn the_keys_of_an_archived_project_are_not_rotated() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    app.database
        .execute("UPDATE projects SET archived_at = '2026-01-01 00:00:00', archived_by = 'x'")
        .unwrap();
    assert_eq!(owner.get(&path(id)).status, 409);
    assert_eq!(rotate(&owner, id, "0").status, 409);
    let key = owner.get(&format!("/projects/default/keys/{id}"));
    let links = key.texts(".actions a");
    assert!(!links.contains(&"Rotate".to_owned()) && !links.contains(&"Replace".to_owned()));
}
