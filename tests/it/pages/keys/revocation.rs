use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::app::{Answer, TestApp, eventually};

#[test]
fn the_page_names_the_key_and_what_depends_on_it() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout")]);
    let path = format!("/projects/default/keys/{id}/revocation");
    assert_eq!(owner.get(&path).text("main .notice"), "Never used.");
    owner.verify(&secret);
    owner.verify(&secret);
    let page = eventually(|| {
        let page = owner.get(&path);
        page.body.contains("2 requests").then_some(page)
    });
    assert_eq!(page.text("h1"), "Revoke Checkout");
    assert!(page.text("main .key").starts_with("mk_live_"));
    assert_eq!(
        page.text("main .notice"),
        "Last used just now from 127.0.0.1, 2 requests in the last 24 hours. Their callers will fail."
    );
    assert_eq!(
        page.texts("#reason option"),
        [
            "Choose one",
            "Compromised",
            "No longer used",
            "Rotated",
            "Other"
        ]
    );
    assert!(page.texts("button").contains(&"Revoke key".to_owned()));
}

#[test]
fn a_revoked_key_fails_on_the_next_request() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    assert_eq!(owner.verify(&secret).0, 200);
    let done = owner.revoke(id);
    assert_eq!(
        done.location(),
        format!("/projects/default/keys/{id}?done=revoked")
    );
    assert_eq!(owner.verify(&secret), (401, "REVOKED".into()));
    let page = owner.get(done.location());

    let details = page.text(".facts");
    assert!(
        details.contains("by owner@example.com: Compromised"),
        "{details}"
    );
}

/// Under load, no verification that starts after the acknowledgement passes.
#[test]
fn nothing_passes_after_the_acknowledgement() {
    let app = TestApp::start();
    let owner = app.owner();
    for _ in 0..5 {
        let (id, secret) = owner.new_key(&[]);
        let (acknowledged, passed) = (AtomicBool::new(false), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let client = app.anonymous();
                    let mut late = 0;
                    while late < 20 {
                        let is_late = acknowledged.load(Ordering::SeqCst);
                        let passes = client.verify(&secret).0 == 200;
                        assert!(!(is_late && passes), "passed after the acknowledgement");
                        passed.fetch_add(u32::from(passes), Ordering::SeqCst);
                        late += u32::from(is_late);
                    }
                });
            }
            eventually(|| (passed.load(Ordering::SeqCst) > 20).then_some(()));
            assert_eq!(owner.revoke(id).status, 303);
            acknowledged.store(true, Ordering::SeqCst);
        });
    }
}

#[test]
fn a_reason_is_asked_for_and_another_one_needs_words() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    let path = format!("/projects/default/keys/{id}/revocation");
    let without = owner.post(&path, &[("reason", ""), ("note", "because")]);
    assert_eq!(without.status, 422);
    assert!(!without.text("#reason-error").is_empty());
    assert_eq!(without.value("note"), "because");
    let other = owner.post(&path, &[("reason", "other"), ("note", " ")]);
    assert!(!other.text("#note-error").is_empty());
    assert_eq!(owner.verify(&secret).0, 200);
    assert_eq!(
        owner
            .post(&path, &[("reason", "other"), ("note", "Left on a train")])
            .status,
        303
    );
    assert!(
        owner
            .get(&format!("/projects/default/keys/{id}"))
            .body
            .contains("Left on a train")
    );
}

#[test]
fn revoking_twice_is_told_so_and_changes_nothing() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    assert_eq!(owner.revoke(id).status, 303);
    let before = app.audit_entries();
    let again = owner.revoke(id);
    assert_eq!(again.status, 409);
    assert!(again.body.contains("already revoked by owner@example.com"));
    assert_eq!(
        owner
            .get(&format!("/projects/default/keys/{id}/revocation"))
            .status,
        409
    );
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn of_many_at_once_one_revokes() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let attempts: Vec<_> = (0..10)
        .map(|_| {
            let owner = owner.clone();
            std::thread::spawn(move || owner.revoke(id).status)
        })
        .collect();
    let mut statuses: Vec<u16> = attempts
        .into_iter()
        .map(|try_| try_.join().unwrap())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
}

#[test]
fn htmx_gets_a_dialog_and_then_the_changed_row() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let path = owner.at(&format!("/projects/default/keys/{id}/revocation"));
    let dialog: Answer = owner
        .client
        .get(&path)
        .header("hx-request", "true")
        .send()
        .unwrap()
        .into();
    assert!(!dialog.body.contains("<html") && dialog.body.contains("id=\"dialog-title\""));
    let send = |reason: &str| -> Answer {
        let fields = [
            ("csrf", owner.csrf.as_str()),
            ("reason", reason),
            ("note", ""),
        ];
        owner
            .client
            .post(&path)
            .header("hx-request", "true")
            .form(&fields)
            .send()
            .unwrap()
            .into()
    };
    let wrong = send("");
    assert_eq!(
        (wrong.status, wrong.header("hx-retarget")),
        (422, "#dialog")
    );
    assert!(!wrong.text("#reason-error").is_empty());
    let done = send("unused");
    assert_eq!(done.status, 200);
    assert!(done.header("hx-trigger").contains("dialog-done"));
    assert!(
        done.body
            .trim_start()
            .starts_with(&format!("<tr id=\"key-{id}\" class=\"changed\""))
    );
    assert!(done.body.contains("state revoked"));
    let late = send("unused");
    assert_eq!((late.status, late.header("hx-retarget")), (409, "#dialog"));
}
