use keyward::domain::policy::Role;
use reqwest::header::{COOKIE, HeaderMap};
use serde_json::{Value, json};
use time::Duration;

use super::in_a_month;
use crate::app::{Api, PASSWORD, TestApp};

fn key() -> Value {
    json!({"name": "A"})
}

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
    // The owner's own goes on.
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
    // What its owner loses, it loses.
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
    let every = [
        "keys:read",
        "keys:create",
        "keys:edit",
        "keys:revoke",
        "audit:read",
        "project:manage",
        "projects:manage",
        "users:manage",
    ];
    let token = owner.with_token(&every, None);
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
    // Stored is its digest; the log names its prefix.
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

#[test]
fn cookies_count_for_nothing_here_and_tokens_for_nothing_on_pages() {
    let app = TestApp::start();
    let owner = app.owner();
    assert_eq!(
        owner.get("/api/v1/keys").status,
        401,
        "the session's cookie was sent"
    );
    assert_eq!(owner.get("/projects/default/keys").status, 200);
    let token = app.owners_program().token;
    let client = app.anonymous().client;
    for token in [token, "kwp_nonsense".into()] {
        let page = client
            .get(owner.at("/projects/default/keys"))
            .bearer_auth(token);
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "keyward_session=nonsense".parse().unwrap());
        let page = page.headers(headers).send().unwrap();
        assert_eq!(page.status(), 303);
    }
}

#[test]
fn each_token_has_a_limit_and_is_told_where_it_stands() {
    let settings = crate::app::Settings {
        api_requests_per_minute: Some(5),
        ..Default::default()
    };
    let app = TestApp::start_with(settings);
    let api = app.owners_program();
    let first = api.get("/keys");
    assert_eq!(first.header("ratelimit-policy"), "\"api\";q=5;w=60");
    assert_eq!(first.header("ratelimit"), "\"api\";r=4;t=12");
    let refused = (0..10)
        .map(|_| api.get("/keys"))
        .find(|answer| answer.status != 200)
        .unwrap();
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    assert!(refused.header("ratelimit").starts_with("\"api\";r=0;t="));
    assert!(!refused.header("retry-after").is_empty());
    // Pages and verifications have nothing to do with it.
    assert_eq!(app.owner().get("/").status, 200);
    assert_eq!(app.anonymous().verify("x").0, 401);
}

#[test]
fn a_token_gives_away_no_more_than_it_may_do() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let viewer = app.program_of(Role::Viewer);
    let viewer_id = viewer.get("/account").json()["data"]["id"].clone();
    // One that manages people makes neither owners nor links that make it one.
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
    // Nor does one that manages a project make admins of it.
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

/// Headers and a few bytes now, the rest when the person has been disabled.
#[test]
fn whoever_is_disabled_while_a_body_arrives_does_nothing_with_it() {
    use std::io::{Read, Write};

    let app = TestApp::start();
    let owner = app.owners_program();
    let admin = app.program_of(Role::Admin);
    let id = admin.get("/account").json()["data"]["id"].clone();
    let body = r#"{"name": "A"}"#;
    let mut stream = std::net::TcpStream::connect(app.address).unwrap();
    let head = format!(
        "POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        admin.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..4]).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let disabled = owner.patch(&format!("/users/{id}"), &json!({"disabled": true}));
    assert_eq!(disabled.status, 200);
    stream.write_all(&body.as_bytes()[4..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(
        app.database.number("SELECT count(*) AS number FROM keys"),
        0
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

#[test]
fn verifications_are_not_counted_against_the_limit() {
    let settings = crate::app::Settings {
        api_requests_per_minute: Some(3),
        ..Default::default()
    };
    let app = TestApp::start_with(settings);
    let nobody = Api::new(&app.url, "");
    for _ in 0..10 {
        let verdict = nobody.post("/keys/verify", &json!({"key": "x"}));
        assert_eq!(verdict.status, 200);
    }
    assert_eq!(nobody.get("/openapi.json").status, 200);
}
