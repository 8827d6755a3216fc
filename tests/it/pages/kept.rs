//! Forms that come too late lose nothing that was typed.

use keyward::access::Actor;
use keyward::domain::passwords::Password;
use keyward::domain::{Op, users};
use keyward::records::Role;
use time::Duration;

use crate::app::{Answer, Browser, PASSWORD, TestApp};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const KEYS: &str = "/projects/default/keys";

/// Somebody whose browser says where forms come from.
fn browser(app: &TestApp, headers: &[(&'static str, &str)]) -> Browser {
    let referer = format!("{}{KEYS}/new", app.url);
    let mut all = vec![OWN, ("referer", referer.as_str())];
    all.extend(headers);
    Browser::with_headers(&app.url, &all).signed_in("owner@example.com")
}

/// Signs in with the form on this page, as the browser would send it.
fn sign_in_on(page: &Answer, browser: &Browser, email: &str, password: &str) -> Answer {
    let value = |name| page.value(name);
    let fields = [
        ("csrf", value("csrf")),
        ("next", value("next")),
        ("kept_for", value("kept_for")),
        ("kept", value("kept")),
        ("email", email.into()),
        ("password", password.into()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    browser.post_raw("/login", &fields)
}

#[test]
fn a_form_after_the_session_ended_is_sent_again_after_signing_in() {
    let app = TestApp::start();
    let owner = browser(&app, &[]);
    app.clock.advance(Duration::minutes(31));
    let before = app.audit_entries();
    let late = owner.post_key("default", &[("label", "Höfe & <b>Co</b>"), ("scopes", "*")]);
    assert_eq!(late.status, 403);
    assert_eq!(late.text("h1"), "Sign in");
    let told = late.text("[role=alert]");
    assert!(told.contains("what you typed is kept"), "{told}");
    assert_eq!(app.audit_entries(), before);
    // A wrong password keeps it too.
    let wrong = sign_in_on(&late, &owner, "owner@example.com", "wrong");
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.value("kept"), late.value("kept"));
    let again = sign_in_on(&wrong, &owner, "owner@example.com", PASSWORD);
    assert_eq!(again.status, 200);
    assert_eq!(again.text("h1"), "Send it again?");
    assert!(again.texts("dd").contains(&"Höfe & <b>Co</b>".to_owned()));
    assert!(again.text("main").contains("owner@example.com"));
    assert_eq!(again.link("main .actions a"), format!("{KEYS}/new"));
    assert_eq!(again.texts(&format!("form[action='{KEYS}']")).len(), 1);
    let fields: Vec<(&str, String)> = ["csrf", "label", "scopes", "environment", "expires"]
        .map(|name| (name, again.value(name)))
        .into();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(owner.post_raw(KEYS, &fields).status, 303);
    let list = owner.get(KEYS);
    assert_eq!(list.texts("td.name a")[0], "Höfe & <b>Co</b>");
}

#[test]
fn a_form_after_signing_in_in_another_tab_is_offered_with_the_new_token() {
    let app = TestApp::start();
    app.person(Role::Admin);
    let tab = browser(&app, &[]);
    let before = tab.clone();
    // Signing out and in as somebody else, in another tab of the same browser.
    assert_eq!(tab.post("/logout", &[]).status, 303);
    tab.clone().signed_in("admin@example.com");
    let entries = app.audit_entries();
    let late = before.post_key("default", &[("label", "Typed before")]);
    assert_eq!(late.status, 403);
    assert_eq!(late.text("h1"), "Send it again?");
    assert!(late.text("main").contains("now as admin@example.com"));
    assert_eq!(late.value("label"), "Typed before");
    assert!(!late.value("csrf").is_empty());
    assert_eq!(app.audit_entries(), entries);
}

#[test]
fn a_session_that_a_new_password_ended_keeps_the_form_too() {
    let app = TestApp::start();
    let owner = browser(&app, &[]);
    let password = "another long and odd phrase";
    {
        let actor = Actor::command_line();
        let mut conn = app.database.connect();
        let mut op = Op::new(&mut conn, &actor, app.clock.now());
        let new = Password::new(password.into());
        users::reset_password(&mut op, "owner@example.com", &new).unwrap();
    }
    let late = owner.post_key("default", &[("label", "Kept")]);
    assert_eq!((late.status, late.text("h1").as_str()), (403, "Sign in"));
    let again = sign_in_on(&late, &owner, "owner@example.com", password);
    assert_eq!(again.value("label"), "Kept");
}

#[test]
fn what_is_too_long_to_be_kept_leads_to_the_form_to_sign_in() {
    let app = TestApp::start();
    let owner = browser(&app, &[]);
    app.clock.advance(Duration::minutes(31));
    let long = "ä".repeat(10_000);
    let late = owner.post_key("default", &[("label", &long)]);
    assert_eq!(late.status, 303);
    assert!(late.location().starts_with("/login?"));
}

#[test]
fn passwords_are_never_kept_and_have_to_be_typed_again() {
    let app = TestApp::start();
    let owner = browser(&app, &[]);
    let mut late = owner.clone();
    late.csrf = "of the session before".into();
    let fields = [("name", "Deploys"), ("present_password", PASSWORD)];
    let again = late.post("/account/tokens", &fields);
    assert_eq!(again.text("h1"), "Send it again?");
    assert!(!again.body.contains(PASSWORD));
    let empty = again.texts("input[type=password][name=present_password]:not([value])");
    assert_eq!(empty.len(), 1);
    app.clock.advance(Duration::minutes(31));
    let late = owner.post("/account/tokens", &fields);
    assert_eq!(late.value("kept"), "name=Deploys&present_password=");
    assert!(!late.body.contains(PASSWORD));
    // A secret that was searched for is nothing to keep.
    let search = owner.post(&format!("{KEYS}/search"), &[("q", "mk_live_secret")]);
    assert_eq!(search.status, 303);
    assert!(!search.location().contains("secret"));
}

#[test]
fn only_our_own_pages_have_their_forms_kept() {
    let app = TestApp::start();
    let own = app.url.clone();
    let matrix: [(&[(&'static str, &str)], bool); 8] = [
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("origin", &own)], true),
        (&[], false),
        (&[("sec-fetch-site", "none")], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", &own)], false),
        (&[("origin", "null")], false),
        (&[("origin", "https://evil.example")], false),
    ];
    for (headers, is_kept) in matrix {
        let mut signed_in = app.owner();
        signed_in.csrf = "of the session before".into();
        for browser in [signed_in, app.anonymous()] {
            let mut request = browser.client.post(browser.at(KEYS));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let fields = [("csrf", browser.csrf.as_str()), ("label", "Planted")];
            let answer: Answer = request.form(&fields).send().unwrap().into();
            assert_eq!(answer.body.contains("Planted"), is_kept, "{headers:?}");
        }
    }
}

#[test]
fn signing_in_never_posts_to_another_site() {
    let app = TestApp::start();
    let stranger = Browser::with_headers(&app.url, &[OWN]);
    for target in ["//evil.example/", "https://evil.example/", "/\\evil"] {
        let csrf = stranger.get("/login").value("csrf");
        let fields = [
            ("csrf", csrf.as_str()),
            ("email", "owner@example.com"),
            ("password", PASSWORD),
            ("kept_for", target),
            ("kept", "label=x"),
        ];
        let answer = stranger.post_raw("/login", &fields);
        assert_eq!((answer.status, answer.location()), (303, "/"), "{target}");
        let csrf = stranger.get("/").value("csrf");
        stranger.post_raw("/logout", &[("csrf", csrf.as_str())]);
    }
}

#[test]
fn the_note_of_a_revocation_survives_in_the_dialog() {
    let app = TestApp::start();
    let owner = browser(&app, &[("hx-request", "true")]);
    let id = app.owner().create_key(&[]);
    app.clock.advance(Duration::minutes(31));
    let path = format!("{KEYS}/{id}/revocation");
    let late = owner.post(
        &path,
        &[("reason", "compromised"), ("note", "Seen on a wiki")],
    );
    assert_eq!(late.header("hx-retarget"), "#dialog");
    assert_eq!(late.text("#dialog-title"), "Sign in");
    assert_eq!(late.value("kept_for"), path);
    let again = sign_in_on(&late, &owner, "owner@example.com", PASSWORD);
    assert_eq!(again.value("note"), "Seen on a wiki");
    assert_eq!(again.value("reason"), "compromised");
}

#[test]
fn two_tabs_on_the_sign_in_page_need_one_sign_in() {
    let app = TestApp::start();
    let owner = browser(&app, &[]);
    app.clock.advance(Duration::minutes(31));
    let late = owner.post_key("default", &[("label", "Kept")]);
    let other = owner.get("/login?next=/audit");
    assert_eq!(owner.sign_in("owner@example.com", PASSWORD).status, 303);
    let on = sign_in_on(&other, &owner, "owner@example.com", PASSWORD);
    assert_eq!((on.status, on.location()), (303, "/audit"));
    let again = sign_in_on(&late, &owner, "owner@example.com", PASSWORD);
    assert_eq!(again.text("h1"), "Send it again?");
    assert_eq!(again.value("label"), "Kept");
}
