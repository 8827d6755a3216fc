//! What a personal token may do that has one permission, and an owner behind it.

use keyward::records::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Api, EVERY_PERMISSION, TestApp};

/// What is called, and the status for each permission, in the order of [`EVERY_PERMISSION`]. `{key}` is a key of its own for each call.
const RULES: &[(&str, &str, &str, [u16; 11])] = &[
    ("GET", "/projects/default/keys", "", only(0, 200)),
    ("GET", "/projects/default/keys/{key}", "", only(0, 200)),
    ("GET", "/keys/{key}", "", only(0, 200)),
    (
        "GET",
        "/projects/default/keys/{key}/state",
        "",
        only(0, 200),
    ),
    (
        "GET",
        "/projects/default/keys/{key}/usage",
        "",
        only(0, 200),
    ),
    // Open to everybody, unless a setting says otherwise.
    ("POST", "/keys/verify", r#"{"key": "x"}"#, [200; 11]),
    (
        "POST",
        "/projects/default/keys",
        r#"{"name": "A"}"#,
        only(2, 201),
    ),
    (
        "POST",
        "/projects/default/keys/{key}/rotation",
        "{}",
        only(2, 201),
    ),
    ("POST", "/keys/{key}/rotation", "{}", only(2, 201)),
    (
        "PATCH",
        "/projects/default/keys/{key}",
        r#"{"name": "B"}"#,
        only(3, 200),
    ),
    ("PATCH", "/keys/{key}", r#"{"name": "B"}"#, only(3, 200)),
    ("DELETE", "/projects/default/keys/{key}", "", only(4, 200)),
    ("DELETE", "/keys/{key}", "", only(4, 200)),
    ("GET", "/audit", "", only(5, 200)),
    ("GET", "/audit/chain", "", only(5, 200)),
    ("GET", "/audit/1", "", only(5, 200)),
    (
        "POST",
        "/audit/export",
        r#"{"format": "jsonl"}"#,
        only(6, 200),
    ),
    (
        "PUT",
        "/projects/default/scopes/a:b",
        r#"{"description": "A"}"#,
        only(7, 201),
    ),
    (
        "POST",
        "/projects",
        r#"{"slug": "more", "name": "More", "key_start": "mo"}"#,
        only(8, 201),
    ),
    (
        "PATCH",
        "/projects/default",
        r#"{"name": "C"}"#,
        only(7, 200),
    ),
    ("GET", "/projects/default/grants", "", only(7, 200)),
    (
        "POST",
        "/projects/default/scopes",
        r#"{"catalogue": "media"}"#,
        only(7, 200),
    ),
    ("DELETE", "/projects/default/scopes/a:b", "", only(7, 204)),
    (
        "POST",
        "/projects/more/archival",
        r#"{"name": "More"}"#,
        only(8, 200),
    ),
    ("GET", "/grants", "", only(9, 200)),
    ("GET", "/users", "", only(9, 200)),
    ("GET", "/users/{user}", "", only(9, 200)),
    (
        "PATCH",
        "/users/{user}",
        r#"{"disabled": true}"#,
        only(9, 200),
    ),
    // That would give them a role that allows more than the token does.
    (
        "PATCH",
        "/users/{owner}",
        r#"{"disabled": false}"#,
        [403; 11],
    ),
    ("PUT", "/grants/{user}", r#"{"role": "owner"}"#, [403; 11]),
    // Whoever has the link is the person.
    ("POST", "/users/{owner}/password-link", "", [403; 11]),
    (
        "POST",
        "/users",
        r#"{"email": "b@example.com", "role": "viewer"}"#,
        [403; 11],
    ),
    ("POST", "/tokens", r#"{"description": "A"}"#, [403; 11]),
];

/// This status for one permission, and 403 for all others.
const fn only(place: usize, status: u16) -> [u16; 11] {
    let mut all = [403; 11];
    all[place] = status;
    all
}

/// Adds somebody with a role on all projects, and returns their id.
fn person(owner: &Api, email: &str, role: &str) -> i64 {
    let invited = owner.post("/users", &json!({"email": email, "role": role}));
    assert_eq!(invited.status, 201, "{}", invited.body);
    invited.json()["data"]["id"].as_i64().unwrap()
}

#[test]
fn every_permission_alone_allows_what_it_names_and_nothing_else() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let second = person(&owner, "second@example.com", "owner");
    let disabled = owner.patch(&format!("/users/{second}"), &json!({"disabled": true}));
    assert_eq!(disabled.status, 200, "{}", disabled.body);
    let viewer = person(&owner, "viewer@example.com", "viewer");
    let tokens = EVERY_PERMISSION.map(|permission| owner.with_token(&[permission], None));
    let mut wrong = Vec::new();
    for (method, path, body, expected) in RULES {
        for ((token, permission), expected) in tokens.iter().zip(EVERY_PERMISSION).zip(expected) {
            let (key, _) = owner.new_key(&json!({"name": "Checkout"}));
            let path = path
                .replace("{key}", &key.to_string())
                .replace("{user}", &viewer.to_string())
                .replace("{owner}", &second.to_string());
            let body: Option<Value> = (!body.is_empty()).then(|| body.parse().unwrap());
            let method: Method = method.parse().unwrap();
            let answer = token.send(method.clone(), &path, body.as_ref(), &[]);
            if answer.status != *expected {
                wrong.push(format!(
                    "{permission}: {method} {path} is {} instead of {expected}",
                    answer.status
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_role_that_takes_nothing_away_ends_no_short_lived_token() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let admin = app.program_of(Role::Admin);
    let email = owner.get("/account").json()["data"]["email"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/projects/default/grants/{email}");
    // Whoever administers a project can give its roles to anybody, and take them away.
    assert_eq!(admin.put(&path, &json!({"role": "viewer"})).status, 201);
    assert_eq!(owner.get("/account").status, 200);
    assert_eq!(admin.put(&path, &json!({"role": "admin"})).status, 200);
    assert_eq!(admin.delete(&path).status, 204);
    assert_eq!(owner.get("/account").status, 200);
}
