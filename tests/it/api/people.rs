use keyward::records::Role;
use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};

#[test]
fn an_invited_person_chooses_a_password_and_comes_in() {
    let app = TestApp::start();
    let api = app.owners_program();
    let invitation = json!({"email": "Ben@Example.com", "role": "support", "project": "default"});
    let invited = api.post("/users", &invitation);
    assert_eq!(invited.status, 201, "{}", invited.body);
    let data = invited.json()["data"].clone();
    assert_eq!(
        (&data["email"], &data["state"]),
        (&json!("ben@example.com"), &json!("invited"))
    );
    assert_eq!(data["grants"][0]["project"], "default");
    let link = data["password_link"].as_str().unwrap().to_owned();
    let path = link
        .strip_prefix(&app.url)
        .expect("a link to this instance");
    assert_eq!(app.sign_in("ben@example.com", PASSWORD).status, 401);
    let browser = app.anonymous();
    let page = browser.get(path);
    assert_eq!(page.status, 200);
    let code = path.rsplit_once('=').unwrap().1;
    let (csrf, fields) = (page.value("csrf"), [("code", code), ("password", PASSWORD)]);
    let sent = browser.post_raw("/password", &[&[("csrf", &*csrf)], &fields[..]].concat());
    assert_eq!(sent.status, 303, "{}", sent.body);
    let ben = app.program("ben@example.com");
    assert_eq!(ben.get("/keys").status, 200);
    assert_eq!(browser.get(path).status, 404, "it worked once");
    let user = api.get(invited.header("location").strip_prefix("/api/v1").unwrap());
    assert_eq!(user.json()["data"]["state"], "active");
    assert!(!user.body.contains("password"));
    let again = api.post("/users", &invitation);
    assert_eq!(again.wrong_fields(), ["email"]);
    let wrong = json!({"email": "x", "role": "boss"});
    assert_eq!(api.post("/users", &wrong).wrong_fields(), ["role"]);
    let wrong = json!({"email": "x", "role": "owner", "project": "default"});
    assert_eq!(
        api.post("/users", &wrong).wrong_fields(),
        ["email", "project"]
    );
}

#[test]
fn the_last_owner_stays() {
    let app = TestApp::start();
    let api = app.owners_program();
    let own = api.get("/account").json()["data"]["id"].clone();
    let disable = json!({"disabled": true});
    assert_eq!(api.patch(&format!("/users/{own}"), &disable).status, 409);
    let demote = json!({"role": "admin"});
    assert_eq!(api.put(&format!("/grants/{own}"), &demote).status, 409);
    assert_eq!(api.delete(&format!("/grants/{own}")).status, 409);
    // One who is only invited can't sign in and does not count.
    let invited = api.post(
        "/users",
        &json!({"email": "ben@example.com", "role": "owner"}),
    );
    let invited = invited.json()["data"]["id"].clone();
    assert_eq!(api.delete(&format!("/grants/{own}")).status, 409);
    assert_eq!(api.delete(&format!("/grants/{invited}")).status, 204);
    let viewer = app.program_of(Role::Viewer);
    let viewer_id = viewer.get("/account").json()["data"]["id"].clone();
    let owner = json!({"role": "owner"});
    let on_project = format!("/projects/default/grants/{viewer_id}");
    assert_eq!(api.put(&on_project, &owner).wrong_fields(), ["role"]);
    assert_eq!(api.put(&format!("/grants/{viewer_id}"), &owner).status, 201);
    assert_eq!(api.put(&format!("/grants/{own}"), &demote).status, 200);
}

#[test]
fn grants_say_who_has_what_since_when_and_from_whom() {
    let app = TestApp::start();
    let api = app.owners_program();
    let admin = app.program_of(Role::Admin);
    let viewer = app.program_of(Role::Viewer).get("/account").json()["data"]["id"].clone();
    let path = format!("/projects/default/grants/{viewer}");
    let put = admin.put(&path, &json!({"role": "auditor"}));
    assert_eq!(put.status, 200, "{}", put.body);
    let all = admin.get("/projects/default/grants").json();
    let of_viewer = |all: &Value| {
        let value = all["value"].as_array().unwrap().clone();
        value.into_iter().find(|grant| grant["user_id"] == viewer)
    };
    let grant = of_viewer(&all).unwrap();
    assert_eq!(grant["role"], "auditor");
    assert_eq!(grant["created_by"], "admin@example.com");
    assert!(grant["created_at"].is_string());
    let tag = put.header("etag").to_owned();
    let taken = |tag: &str| {
        admin
            .send(reqwest::Method::DELETE, &path, None, &[("If-Match", tag)])
            .status
    };
    assert_eq!(taken("\"other-tag\""), 412);
    assert_eq!(taken(&tag), 204);
    assert_eq!(taken(&tag), 404);
    assert!(of_viewer(&api.get("/projects/default/grants").json()).is_none());
    // Roles on all projects are for owners.
    assert_eq!(admin.get("/grants").status, 403);
    let all = api.get("/grants").json();
    assert_eq!(all["value"][0]["project"], Value::Null);
    assert_eq!(
        admin.put("/grants/1", &json!({"role": "viewer"})).status,
        403
    );
}

#[test]
fn sessions_are_ended_from_afar() {
    let app = TestApp::start();
    let api = app.owners_program();
    let viewer = app.program_of(Role::Viewer);
    let browser = app.anonymous().signed_in("viewer@example.com");
    let other = app.anonymous().signed_in("viewer@example.com");
    let sessions = viewer.get("/account/sessions").json()["value"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["client_ip"], "127.0.0.1");
    let latest = sessions[0]["id"].as_str().unwrap();
    assert_eq!(
        viewer.delete(&format!("/account/sessions/{latest}")).status,
        204
    );
    assert_eq!(
        viewer.delete(&format!("/account/sessions/{latest}")).status,
        404
    );
    let alive = [&browser, &other]
        .iter()
        .filter(|one| one.get("/").status == 200)
        .count();
    assert_eq!(alive, 1);
    let id = viewer.get("/account").json()["data"]["id"].clone();
    assert_eq!(api.delete(&format!("/users/{id}/sessions")).status, 204);
    let alive = [&browser, &other]
        .iter()
        .filter(|one| one.get("/").status == 200)
        .count();
    assert_eq!((alive, viewer.get("/keys").status), (0, 401));
}
