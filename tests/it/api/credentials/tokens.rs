//! Personal tokens, from the moment they are made to their end.

use keyward::records::Role;
use serde_json::json;
use time::Duration;

use super::key;
use crate::api::in_a_month;
use crate::app::{Api, EVERY_PERMISSION, TestApp};

#[test]
fn a_personal_token_may_what_it_was_given_and_its_owner_may() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let admin = app.program_of(Role::Admin);
    let token = admin.with_token(&["keys:read", "keys:create"], None);
    let (id, _) = token.new_key(&key());
    assert_eq!(token.get(&format!("/keys/{id}")).status, 200);
    let refused = token.delete(&format!("/keys/{id}"));
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "FORBIDDEN")
    );
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("keys:revoke")
    );
    // Whatever its owner loses, the token loses too.
    let admin_id = admin.get("/account").json()["data"]["id"].as_i64().unwrap();
    let role = json!({"role": "viewer"});
    let path = format!("/projects/default/grants/{admin_id}");
    assert_eq!(owner.put(&path, &role).status, 200);
    assert_eq!(token.post("/keys", &key()).status, 403);
    assert_eq!(token.get("/keys").status, 200);
    assert_eq!(owner.delete(&path).status, 204);
    assert_eq!(
        token.get("/keys").status,
        404,
        "the project does not exist for them any more"
    );
    let disabled = owner.patch(&format!("/users/{admin_id}"), &json!({"disabled": true}));
    assert_eq!(disabled.status, 200);
    assert_eq!(token.get("/keys").status, 401);
}

#[test]
fn a_personal_token_makes_no_tokens_and_is_not_the_person() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let token = owner.with_token(&EVERY_PERMISSION, None);
    let other = owner.with_token(&["keys:read"], None);
    let body = json!({"description": "x", "permissions": ["keys:read"],
        "expires_at": in_a_month()});
    let refused = token.post("/tokens", &body);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "FORBIDDEN")
    );
    for (method, path) in [
        (reqwest::Method::GET, "/account"),
        (reqwest::Method::GET, "/account/sessions"),
        (reqwest::Method::DELETE, "/account/sessions"),
    ] {
        assert_eq!(token.send(method, path, None, &[]).status, 403, "{path}");
    }
    // It sees itself alone, and may end itself.
    assert_eq!(
        owner.get("/tokens").json()["value"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let seen = other.get("/tokens").json()["value"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!((seen.len(), &seen[0]["id"]), (1, &json!(2)));
    assert_eq!(other.delete("/tokens/1").status, 404);
    assert_eq!(other.delete("/tokens/2").status, 200);
    assert_eq!(other.get("/keys").status, 401);
}

#[test]
fn a_token_is_checked_when_it_is_made() {
    let app = TestApp::start();
    let viewer = app.program_of(Role::Viewer);
    let wrong = json!({
        "description": "", "permissions": ["keys:read", "keys:revoke", "everything"],
        "expires_at": "2031-01-01T00:00:00Z", "project": "other",
    });
    app.other_project();
    let refused = viewer.post("/tokens", &wrong);
    assert_eq!(refused.status, 422);
    let mut fields = refused.wrong_fields();
    fields.dedup();
    assert_eq!(
        fields,
        ["description", "expires_at", "permissions", "project"]
    );
}

#[test]
fn a_token_ends_with_its_time_and_its_revocation() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let viewer = app.program_of(Role::Viewer);
    let expires = keyward::clock::rfc3339(app.clock.now() + Duration::hours(1));
    let body = json!({"description": "x", "permissions": ["keys:read"], "expires_at": expires});
    let made = viewer.post("/tokens", &body).json()["data"].clone();
    let program = Api::new(&app.url, made["token"].as_str().unwrap());
    assert_eq!(program.get("/keys").status, 200);
    let own = viewer.get("/tokens/1").json()["data"].clone();
    assert!(
        own["last_used_at"].is_string() && own["last_used_ip"] == "127.0.0.1",
        "{own}"
    );
    assert!(own.get("token").is_none());
    let viewer_id = viewer.get("/account").json()["data"]["id"].clone();
    // An owner of the instance sees and revokes it, others don't.
    let of_viewer = format!("/users/{viewer_id}/tokens");
    assert_eq!(app.program_of(Role::Admin).get(&of_viewer).status, 403);
    assert_eq!(
        owner.get(&of_viewer).json()["value"][0]["token_prefix"],
        own["token_prefix"]
    );
    let revoked = owner.delete(&format!("{of_viewer}/1"));
    assert_eq!(revoked.json()["data"]["revoked_by"], "owner@example.com");
    assert_eq!(program.get("/keys").status, 401);
    let made = viewer.post("/tokens", &body).json()["data"].clone();
    let program = Api::new(&app.url, made["token"].as_str().unwrap());
    app.clock.advance(Duration::minutes(61));
    assert_eq!(program.get("/keys").status, 401);
    // Only its digest is stored; the log names its prefix.
    let secret = made["token"].as_str().unwrap();
    assert!(secret.starts_with("kwp_") && secret.len() == 42);
    assert!(secret.starts_with(made["token_prefix"].as_str().unwrap()));
}

#[test]
fn the_audit_log_names_the_token_that_was_used() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let token = owner.with_token(&["keys:create", "audit:read"], None);
    token.new_key(&key());
    let entry = token.get("/audit?limit=1").json()["value"][0].clone();
    assert_eq!(entry["action"], "key.created");
    assert_eq!(entry["details"]["personal_token"], token.token[..12]);
}
