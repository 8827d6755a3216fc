//! What is out of a token's reach: giving more rights than it has, and seeing what is hidden from
//! it.

use keyward::records::Role;
use serde_json::json;

use super::key;
use crate::app::{Api, TestApp};

#[test]
fn a_token_gives_away_no_more_than_it_may_do() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let viewer = app.program_of(Role::Viewer);
    let viewer_id = viewer.get("/account").json()["data"]["id"].clone();
    // A token that manages people can make neither owners nor links that would make it one.
    let people = owner.with_token(&["users:manage"], None);
    let make_owner = json!({"role": "owner"});
    assert_eq!(
        people
            .put(&format!("/grants/{viewer_id}"), &make_owner)
            .status,
        403
    );
    let invited = json!({"email": "accomplice@example.com", "role": "admin"});
    assert_eq!(people.post("/users", &invited).status, 403);
    let own = owner.get("/account").json()["data"]["id"].clone();
    let link = people.post(&format!("/users/{own}/password-link"), &json!({}));
    assert_eq!((link.status, link.code().as_str()), (403, "FORBIDDEN"));
    // Nor can one that manages a project make admins of it.
    let project = owner.with_token(&["project:manage"], Some("default"));
    let make_admin = json!({"role": "admin"});
    let path = "/projects/default/grants/viewer@example.com";
    assert_eq!(project.put(path, &make_admin).status, 403);
    let enough = ["keys:read", "project:manage"];
    let enough = owner.with_token(&enough, Some("default"));
    assert_eq!(enough.put(path, &json!({"role": "viewer"})).status, 200);
}

#[test]
fn a_token_reads_the_log_of_what_it_was_given() {
    let app = TestApp::start();
    app.other_project();
    let owner = app.owners_program();
    owner.new_key(&key());
    let reads = |program: &Api| program.get("/audit").status;
    assert_eq!(
        reads(&owner.with_token(&["keys:read"], Some("default"))),
        403
    );
    let bound = owner.with_token(&["audit:read"], Some("default"));
    let log = bound.get("/audit").json()["value"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        !log.is_empty() && log.iter().all(|entry| entry["project"] == "default"),
        "{log:?}"
    );
    // An admin of two projects, with a token for one.
    let admin = app.program_of(Role::Admin);
    let admin_id = admin.get("/account").json()["data"]["id"].clone();
    let in_other = format!("/projects/other/grants/{admin_id}");
    assert_eq!(owner.put(&in_other, &json!({"role": "admin"})).status, 201);
    let admin = app.program("admin@example.com");
    assert_eq!(
        reads(&admin.with_token(&["keys:read"], Some("default"))),
        403
    );
    let bound = admin.with_token(&["audit:read"], Some("default"));
    let log = bound.get("/audit").json()["value"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        log.iter().all(|entry| entry["project"] == "default"),
        "{log:?}"
    );
}

#[test]
fn numbers_tell_an_admin_nothing_of_people() {
    let app = TestApp::start();
    let admin = app.program_of(Role::Admin);
    let role = json!({"role": "viewer"});
    let hidden = admin.put("/projects/default/grants/1", &role);
    assert_eq!((hidden.status, hidden.code().as_str()), (404, "NOT_FOUND"));
    let known = admin.put("/projects/default/grants/owner@example.com", &role);
    assert_eq!(known.status, 201, "{}", known.body);
    assert_eq!(known.json()["data"]["email"], "owner@example.com");
}
