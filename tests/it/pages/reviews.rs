//! Access reviews: opened, answered by who has to, closed, and kept as a file.

use keyward::records::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::Duration;

use crate::app::{Browser, TestApp, eventually};
use crate::pages::audit::rows;

/// Opens a review of all keys of `default` that ends in ten days.
fn open(app: &TestApp, browser: &Browser, more: &[(&str, &str)]) -> String {
    let due = (app.clock.now() + Duration::days(9)).date().to_string();
    let mut fields = vec![
        ("title", "Spring review"),
        ("project", "default"),
        ("subject", "all"),
        ("due_on", due.as_str()),
    ];
    fields.extend_from_slice(more);
    let opened = browser.post("/reviews", &fields);
    assert_eq!(opened.status, 303, "{}", opened.text("body"));
    opened.location().to_owned()
}

fn hand_over(app: &TestApp, key: i64, owner: Option<&str>) {
    let handed = app
        .owners_program()
        .patch(&format!("/keys/{key}"), &json!({"owner": owner}));
    assert_eq!(handed.status, 200, "{}", handed.body);
}

fn sha256(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn owners_answer_for_their_keys_whatever_their_role_and_the_file_says_who() {
    let app = TestApp::start();
    let owner = app.owner();
    let viewer = app.person(Role::Viewer);
    let auditor = app.person(Role::Auditor);
    let email = "viewer@example.com";
    let (kept, _) = owner.new_key(&[("label", "Kept")]);
    let (ended, secret) = owner.new_key(&[("label", "Ended")]);
    let (orphan, _) = owner.new_key(&[("label", "Nobody's")]);
    hand_over(&app, kept, Some(email));
    hand_over(&app, ended, Some(email));
    hand_over(&app, orphan, None);
    let review = open(&app, &auditor, &[]);
    // The overview says what waits.
    assert!(
        viewer
            .get("/")
            .text("main")
            .contains("An access review asks about 2 keys of yours")
    );
    assert!(
        !owner
            .get("/")
            .text("main")
            .contains("An access review asks")
    );
    let page = viewer.get(&review);
    assert_eq!(page.texts("tbody .label"), ["Kept", "Ended"]);
    assert!(
        auditor
            .get(&review)
            .text(".head")
            .contains("0 of 3 answered")
    );
    let one = |key: i64| format!("{review}/keys/{key}");
    // Auditors answer for nobody, and nobody for another's.
    let refused = auditor.post(&one(kept), &[("verdict", "keep")]);
    assert_eq!(refused.status, 403);
    assert_eq!(owner.post(&one(kept), &[("verdict", "keep")]).status, 409);
    assert_eq!(viewer.get(&one(orphan)).status, 404);
    // A word is needed to end a key.
    let wordless = viewer.post(&one(ended), &[("verdict", "revoke")]);
    assert_eq!(wordless.status, 422);
    assert!(wordless.text(".error").contains("Say why"));
    assert_eq!(owner.verify(&secret).0, 200);
    let answered = viewer.post(
        &one(ended),
        &[("verdict", "revoke"), ("word", "No longer used")],
    );
    assert_eq!(answered.location(), format!("{review}?done=revoked"));
    assert_eq!(owner.verify(&secret).0, 401);
    assert_eq!(viewer.post(&one(kept), &[("verdict", "keep")]).status, 303);
    assert_eq!(viewer.post(&one(kept), &[("verdict", "keep")]).status, 409);
    // It can't close before everything is answered, and there is no file.
    assert_eq!(auditor.post(&format!("{review}/closing"), &[]).status, 409);
    let file = |format: &str| auditor.post(&format!("{review}/file"), &[("format", format)]);
    assert_eq!(file("csv").status, 409);
    // To narrow leads to the form of the key.
    let narrowed = owner.post(
        &one(orphan),
        &[("verdict", "narrow"), ("word", "Only reads")],
    );
    assert!(
        narrowed
            .location()
            .starts_with(&format!("/projects/default/keys/{orphan}/edit"))
    );
    assert_eq!(auditor.post(&format!("{review}/closing"), &[]).status, 303);
    let (csv, jsonl) = (file("csv"), file("jsonl"));
    assert_eq!(csv.body.lines().count(), 4, "{}", csv.body);
    assert!(csv.body.contains(",revoke,No longer used,"), "{}", csv.body);
    let lines: Vec<Value> = jsonl
        .body
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    assert_eq!(lines[0]["answered_by"], email);
    assert_eq!(lines[0]["evidence"]["label"], "Kept");
    assert_eq!(lines[2]["word"], "Only reads");
    // The hash of the file is in the log, and it stays the same.
    let entries = app
        .owners_program()
        .get("/audit?action=review.closed")
        .json();
    let details = entries["value"][0]["details"].clone();
    assert_eq!(details["csv_sha256"], sha256(&csv.body));
    assert_eq!(details["jsonl_sha256"], sha256(&jsonl.body));
    assert_eq!(file("csv").body, csv.body);
    let told = rows(&owner.get("/audit?action=reviews"));
    assert!(
        told.iter()
            .any(|row| row.contains("opened the access review")),
        "{told:?}"
    );
    assert_eq!(
        viewer
            .post(&format!("{review}/file"), &[("format", "csv")])
            .status,
        404
    );
}

#[test]
fn with_four_eyes_nobody_answers_for_their_own_keys() {
    let app = TestApp::start();
    let owner = app.owner();
    let admin = app.person(Role::Admin);
    let (key, _) = owner.new_key(&[]);
    let review = open(&app, &owner, &[("four_eyes", "1")]);
    assert!(owner.get(&review).text(".notice").contains("Four eyes"));
    let one = format!("{review}/keys/{key}");
    assert_eq!(owner.post(&one, &[("verdict", "keep")]).status, 409);
    assert!(
        !owner
            .get("/")
            .text("main")
            .contains("An access review asks")
    );
    assert_eq!(admin.post(&one, &[("verdict", "keep")]).status, 303);
}

#[test]
fn on_its_date_a_review_closes_and_ends_what_has_no_answer_if_it_was_made_so() {
    for (chosen, status) in [(&[("revoke_unanswered", "1")][..], 401), (&[], 200)] {
        let app = TestApp::start();
        let owner = app.owner();
        let (kept, stays) = owner.new_key(&[("expires", "never")]);
        let (_, secret) = owner.new_key(&[("expires", "never")]);
        let review = open(&app, &owner, chosen);
        let banner = owner.get(&review).text(".notice");
        assert_eq!(
            banner.contains("are revoked then"),
            status == 401,
            "{banner}"
        );
        let kept = owner.post(&format!("{review}/keys/{kept}"), &[("verdict", "keep")]);
        assert_eq!(kept.status, 303);
        app.clock.advance(Duration::days(11));
        let owner = app.owner();
        let page = eventually(|| {
            let page = owner.get(&review);
            page.text("main").contains("Closed").then_some(page)
        });
        assert_eq!(owner.verify(&secret).0, status);
        assert_eq!(owner.verify(&stays).0, 200);
        let answers = page.texts("td[data-th=Answer]");
        match status {
            401 => assert!(answers[1].starts_with("Revoke Keyward"), "{answers:?}"),
            _ => assert_eq!(answers[1], "none yet"),
        }
        let late = owner.post(&format!("{review}/keys/2"), &[("verdict", "keep")]);
        assert_eq!(late.status, 409);
        let file = owner.post(&format!("{review}/file"), &[("format", "jsonl")]);
        assert_eq!(file.body.lines().count(), 2);
    }
}

#[test]
fn a_review_is_about_the_keys_that_were_chosen() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "Reads"), ("scopes", "read:assets")]);
    owner.create_key(&[("label", "Writes"), ("scopes", "write:assets")]);
    owner.create_key(&[
        ("label", "Forever"),
        ("scopes", "read:assets"),
        ("expires", "never"),
    ]);
    let ended = owner.create_key(&[("label", "Ended"), ("scopes", "*")]);
    owner.revoke(ended);
    let due = (app.clock.now() + Duration::days(9)).date().to_string();
    let about = |subject: &str| {
        let fields = [
            ("title", "A"),
            ("project", "*"),
            ("subject", subject),
            ("due_on", due.as_str()),
        ];
        let opened = owner.post("/reviews", &fields);
        owner.get(opened.location()).texts("tbody .label")
    };
    assert_eq!(about("all"), ["Reads", "Writes", "Forever"]);
    assert_eq!(about("writing"), ["Writes"]);
    // None was ever used.
    assert_eq!(about("findings").len(), 3);
    let listed = owner.get("/reviews");
    assert_eq!(listed.texts("tbody .label").len(), 3);
    for (field, value) in [
        ("title", ""),
        ("project", ""),
        ("due_on", "soon"),
        ("subject", "x"),
    ] {
        let mut fields = vec![
            ("title", "A"),
            ("project", "default"),
            ("subject", "all"),
            ("due_on", due.as_str()),
        ];
        fields
            .iter_mut()
            .find(|(name, _)| *name == field)
            .unwrap()
            .1 = value;
        let wrong = owner.post("/reviews", &fields);
        assert_eq!(wrong.status, 422, "{field}");
        assert_eq!(wrong.texts(".error").len(), 1, "{field}");
    }
    let past = [
        ("title", "A"),
        ("project", "default"),
        ("subject", "all"),
        ("due_on", "2020-01-01"),
    ];
    assert_eq!(owner.post("/reviews", &past).status, 422);
}

#[test]
fn support_and_viewers_open_none_and_strangers_see_none() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[]);
    let review = open(&app, &owner, &[]);
    for role in [Role::Support, Role::Viewer] {
        let person = app.person(role);
        assert_eq!(person.get("/reviews/new").status, 403);
        assert_eq!(person.get(&review).status, 404);
        assert!(
            !person
                .get("/reviews")
                .text("main")
                .contains("Spring review")
        );
    }
    // Nor does an owner who has no role in the project any more.
    let owned = app.person(Role::Auditor);
    hand_over(&app, 1, Some("auditor@example.com"));
    assert_eq!(owned.get(&format!("{review}/keys/1")).status, 200);
    let api = app.owners_program();
    let taken = api.delete("/projects/default/grants/auditor@example.com");
    assert_eq!(taken.status, 204, "{}", taken.body);
    assert_eq!(owned.get(&format!("{review}/keys/1")).status, 404);
    assert_eq!(owned.get(&review).status, 404);
    assert!(!owned.get("/").text("body").contains("An access review"));
    assert_eq!(owner.get("/reviews/999").status, 404);
    assert_eq!(owner.get(&format!("{review}/keys/999")).status, 404);
}
