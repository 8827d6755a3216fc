//! Forms are only accepted from our own pages.

use crate::app::{Answer, TestApp};

#[test]
fn a_form_without_this_sessions_token_does_nothing() {
    let app = TestApp::start();
    let (owner, other) = (app.owner(), app.owner());
    let before = app.audit_entries();
    for token in ["", "invented", &other.csrf] {
        let fields = [
            ("csrf", token),
            ("label", "x"),
            ("scopes", "*"),
            ("environment", "live"),
            ("expires", "never"),
        ];
        let answer = owner.post_raw("/projects/default/keys", &fields);
        assert_eq!(answer.status, 403, "{token}");
        assert!(answer.body.contains("This form is out of date"));
    }
    assert_eq!(
        owner
            .post_raw("/projects/default/keys", &[("label", "x")])
            .status,
        403
    );
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn a_form_sent_from_a_foreign_page_does_nothing() {
    let app = TestApp::start();
    let owner = app.owner();
    let own = app.url.clone();
    let matrix: [(&[(&str, &str)], bool); 9] = [
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("sec-fetch-site", "none")], true),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", &own)], false),
        (&[("origin", &own)], true),
        // What a proxy that sets `Referrer-Policy: no-referrer` makes of plain http.
        (&[("origin", "null")], true),
        (&[("origin", "https://evil.example")], false),
        (&[], true),
    ];
    for (headers, allowed) in matrix {
        let mut request = owner.client.post(owner.at("/projects/default/keys"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let fields = [
            ("csrf", owner.csrf.as_str()),
            ("label", "Matrix"),
            ("scopes", "*"),
            ("environment", "live"),
            ("expires", "never"),
        ];
        let answer: Answer = request.form(&fields).send().unwrap().into();
        let expected = if allowed { 303 } else { 403 };
        assert_eq!(answer.status, expected, "{headers:?}");
    }
}

#[test]
fn looking_changes_nothing() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let before = app.audit_entries();
    for path in [
        "/",
        "/login",
        "/setup",
        "/logout",
        "/audit",
        "/projects/default/keys",
        "/projects/default/keys/new",
        &format!("/projects/default/keys/{id}"),
        &format!("/projects/default/keys/{id}/edit"),
        &format!("/projects/default/keys/{id}/reveal"),
        &format!("/projects/default/keys/{id}/rotation"),
        "/find",
        "/keys",
        &format!("/keys/revocation?id={id}"),
        &format!("/projects/default/keys/{id}/revocation"),
    ] {
        owner.get(path);
    }
    assert_eq!(app.audit_entries(), before);
    let revealed = owner.post(&format!("/projects/default/keys/{id}/reveal"), &[]);
    assert!(revealed.secret().is_some());
}

#[test]
fn a_form_that_can_not_be_read_is_told_so() {
    let app = TestApp::start();
    let owner = app.owner();
    let large = "x".repeat(70_000);
    assert_eq!(owner.post_key("default", &[("label", &large)]).status, 413);
    let answer = owner.post(
        "/projects/default/keys/1/revocation",
        &[("reason", "a"), ("reason", "b")],
    );
    assert_eq!(answer.status, 400);
    assert_eq!(owner.get("/projects/default/keys?q=a&q=b").status, 400);
}
