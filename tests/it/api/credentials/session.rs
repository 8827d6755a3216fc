//! Passwords, and the short-lived tokens they are exchanged for.

use keyward::records::Role;
use serde_json::json;
use time::Duration;

use super::key;
use crate::app::{Api, PASSWORD, TestApp};

#[test]
fn a_short_lived_token_lets_in_for_fifteen_minutes() {
    let app = TestApp::start();
    let api = app.owners_program();
    assert_eq!(
        api.get("/account").json()["data"]["email"],
        "owner@example.com"
    );
    app.clock.advance(Duration::minutes(14));
    assert_eq!(api.get("/keys").status, 200);
    app.clock.advance(Duration::minutes(2));
    let late = api.get("/keys");
    assert_eq!((late.status, late.code().as_str()), (401, "UNAUTHORIZED"));
    assert!(late.header("www-authenticate").starts_with("Bearer"));
}

#[test]
fn a_short_lived_token_dies_with_role_password_and_disabling() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let id = |api: &Api| api.get("/account").json()["data"]["id"].as_i64().unwrap();
    // Another role.
    let admin = app.program_of(Role::Admin);
    let admin_id = id(&admin);
    let role = json!({"role": "viewer"});
    assert_eq!(
        owner
            .put(&format!("/projects/default/grants/{admin_id}"), &role)
            .status,
        200
    );
    assert_eq!(admin.get("/keys").status, 401);
    assert_eq!(
        app.program("admin@example.com")
            .post("/keys", &key())
            .status,
        403
    );
    // Another password.
    let support = app.program_of(Role::Support);
    let change = json!({"present_password": PASSWORD, "password": "another long phrase of words"});
    assert_eq!(support.put("/account/password", &change).status, 204);
    assert_eq!(support.get("/keys").status, 401);
    // Disabled.
    let viewer = app.program_of(Role::Viewer);
    let viewer_id = id(&viewer);
    let disabled = owner.patch(&format!("/users/{viewer_id}"), &json!({"disabled": true}));
    assert_eq!(disabled.json()["data"]["state"], "disabled");
    assert_eq!(viewer.get("/keys").status, 401);
    assert_eq!(
        app.sign_in("viewer@example.com", PASSWORD).code(),
        "WRONG_PASSWORD"
    );
    // The owner's own token keeps working.
    assert_eq!(owner.get("/keys").status, 200);
}

#[test]
fn guessing_passwords_is_slowed_as_at_the_login_form() {
    let app = TestApp::start();
    for _ in 0..10 {
        let refused = app.sign_in("owner@example.com", "not the password");
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (401, "WRONG_PASSWORD")
        );
    }
    let slowed = app.sign_in("owner@example.com", "not the password");
    assert_eq!(
        (slowed.status, slowed.code().as_str()),
        (429, "RATE_LIMITED")
    );
    assert!(slowed.header("retry-after").parse::<u64>().unwrap() >= 1);
    // The form counts the same attempts.
    assert_eq!(
        app.anonymous()
            .sign_in("owner@example.com", "not the password")
            .status,
        429
    );
}

#[test]
fn a_password_link_ends_with_another_password() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let viewer = app.program_of(Role::Viewer);
    let id = viewer.get("/account").json()["data"]["id"].clone();
    let link = owner.post(&format!("/users/{id}/password-link"), &json!({}));
    let url = link.json()["data"]["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&app.url).unwrap();
    assert_eq!(app.anonymous().get(path).status, 200);
    let change = json!({"present_password": PASSWORD, "password": "another long phrase of words"});
    assert_eq!(viewer.put("/account/password", &change).status, 204);
    assert_eq!(app.anonymous().get(path).status, 404);
}
