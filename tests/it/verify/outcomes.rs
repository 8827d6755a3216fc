//! Which keys pass, and how the others are refused.

use serde_json::json;
use time::Duration;

use super::ask;
use crate::app::{Answer, Settings, TestApp, TestDatabase};

#[test]
fn a_good_key_passes_and_names_itself() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [
        ("label", "Café & co"),
        ("consumer", "Tenant 42 ü"),
        ("scopes", "read:assets"),
        ("scopes", "write:assets"),
    ];
    let (id, secret) = owner.new_key(&fields);
    let answer = ask(&app.anonymous(), "", &secret);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("x-keyward-key-id"), id.to_string());
    assert_eq!(answer.header("x-keyward-project"), "default");
    assert_eq!(answer.header("x-keyward-environment"), "live");
    assert_eq!(
        answer.header("x-keyward-scopes"),
        "read:assets write:assets"
    );
    assert_eq!(answer.header("x-keyward-label"), "Caf%C3%A9%20%26%20co");
    assert_eq!(answer.header("x-keyward-consumer"), "Tenant%2042%20%C3%BC");
    // Where nobody said who calls, the header is there all the same.
    let (_, other) = owner.new_key(&[]);
    let answer = ask(&app.anonymous(), "", &other);
    assert_eq!(answer.headers["x-keyward-consumer"], "");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn every_refusal_has_its_status_code_and_words() {
    let app = TestApp::start();
    app.other_project();
    let owner = app.owner();
    let browser = app.anonymous();
    let (_, good) = owner.new_key(&[("environment", "test"), ("expires", "never")]);
    let (revoked_id, revoked) = owner.new_key(&[]);
    owner.revoke(revoked_id);
    let (_, expired) = owner.new_key(&[("expires", "30")]);
    app.clock.advance(Duration::days(30));
    let wrong_end = if good.ends_with('x') { 'y' } else { 'x' };
    let mistyped = format!("{}{wrong_end}", &good[..good.len() - 1]);
    let unknown = {
        let format = keyward_key::KeyFormat {
            start: "mk".into(),
            environment_segment: true,
        };
        let secret = format.generate(keyward_key::Environment::Live).unwrap();
        secret.expose().to_owned()
    };
    let missing: Answer = browser.get("/verify");
    let table = [
        (missing, 401, "MISSING", "Missing X-API-Key header"),
        (
            ask(&browser, "", "garbage"),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "", &mistyped),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "", &unknown),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "?project=other", &good),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "?project=nope", &good),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "", &expired),
            401,
            "EXPIRED",
            "This API key has expired",
        ),
        (
            ask(&browser, "", &revoked),
            401,
            "REVOKED",
            "This API key has been revoked",
        ),
        (
            ask(&browser, "?environment=live", &good),
            403,
            "WRONG_ENVIRONMENT",
            "This API key is for the test environment",
        ),
        (
            ask(&browser, "?scope=write:assets&scope=read:analytics", &good),
            403,
            "INSUFFICIENT_SCOPE",
            "This API key lacks a required scope",
        ),
        (
            ask(
                &browser,
                "?scope=write:assets&scope=read:assets&all=1",
                &good,
            ),
            403,
            "INSUFFICIENT_SCOPE",
            "This API key lacks a required scope",
        ),
    ];
    for (answer, status, code, detail) in table {
        let problem = answer.json();
        assert_eq!(answer.status, status, "{code}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(problem["code"], code);
        assert_eq!(problem["detail"], detail);
        assert_eq!(problem["status"], status);
        assert!(problem["request_id"].as_str().unwrap().len() > 8);
        assert!(
            answer
                .header("www-authenticate")
                .starts_with("Bearer realm=\"keyward\"")
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(
            answer
                .headers
                .keys()
                .all(|name| !name.as_str().starts_with("x-keyward"))
        );
    }
    let lacking = ask(&browser, "?scope=write:assets&scope=read:analytics", &good).json();
    assert_eq!(
        lacking["required"],
        json!(["write:assets", "read:analytics"])
    );
    assert_eq!(
        ask(&browser, "?scope=write:assets&scope=read:assets", &good).status,
        200
    );
    assert_eq!(
        ask(&browser, "?project=default&environment=test", &good).status,
        200
    );
}

#[test]
fn a_scope_includes_others_and_the_star_includes_all() {
    let database = TestDatabase::with_owner();
    database
        .execute(
            "INSERT INTO scopes (project_id, name, description, includes) VALUES
             (1, 'streams:read', 'Read', ''), (1, 'streams:write', 'Write', 'streams:read')",
        )
        .unwrap();
    let app = TestApp::start_on(database, Settings::default());
    let owner = app.owner();
    let (_, writer) = owner.new_key(&[("scopes", "streams:write")]);
    let (_, every) = owner.new_key(&[("scopes", "*")]);
    let browser = app.anonymous();
    assert_eq!(ask(&browser, "?scope=streams:read", &writer).status, 200);
    assert_eq!(ask(&browser, "?scope=read:assets", &writer).status, 403);
    assert_eq!(ask(&browser, "?scope=not:even:there", &every).status, 200);
}

#[test]
fn a_key_that_expired_stays_refused_when_the_clock_is_set_back() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("expires", "30")]);
    assert_eq!(owner.verify(&secret).0, 200);
    app.clock.advance(Duration::days(31));
    assert_eq!(owner.verify(&secret), (401, "EXPIRED".into()));
    app.clock.advance(Duration::days(-31));
    assert_eq!(owner.verify(&secret), (401, "EXPIRED".into()));
}

#[test]
fn a_key_that_was_just_created_passes_on_the_next_request() {
    let app = TestApp::start();
    let owner = app.owner();
    for _ in 0..20 {
        let (id, secret) = owner.new_key(&[]);
        assert_eq!(owner.verify(&secret).0, 200);
        owner.revoke(id);
        assert_eq!(owner.verify(&secret), (401, "REVOKED".into()));
    }
}
