//! Keys under their project's path, and in the short form without it.

use reqwest::Method;
use serde_json::{Value, json};

use super::named;
use crate::app::{Answer, TestApp};

const LONG: &str = "/projects/default/keys";
const SHORT: &str = "/keys";

/// Every call about one key: the method, what follows the key's path, and a body.
fn calls() -> [(Method, &'static str, Option<Value>); 6] {
    [
        (Method::GET, "", None),
        (Method::GET, "/state", None),
        (Method::GET, "/usage", None),
        (Method::PATCH, "", Some(named("After"))),
        (
            Method::POST,
            "/rotation",
            Some(json!({"overlap_seconds": 60})),
        ),
        (Method::DELETE, "?reason=unused", None),
    ]
}

/// What an answer says, without what differs for each key.
fn in_common(answer: &Answer) -> Value {
    let mut data = answer.json()["data"].clone();
    for field in [
        "id",
        "key",
        "key_prefix",
        "created_at",
        "revoked_at",
        "replaces",
    ] {
        data.as_object_mut().unwrap().remove(field);
    }
    data
}

#[test]
fn the_long_and_the_short_path_answer_alike() {
    let app = TestApp::start();
    let api = app.owners_program();
    let [long, short] = [LONG, SHORT].map(|keys| api.post(keys, &named("Created")));
    assert_eq!((long.status, short.status), (201, 201), "{}", long.body);
    assert_eq!(in_common(&long), in_common(&short));
    for (method, rest, body) in calls() {
        let [long, short] = [LONG, SHORT].map(|keys| {
            let (id, _) = api.new_key(&named("Before"));
            let path = format!("{keys}/{id}{rest}");
            api.send(method.clone(), &path, body.as_ref(), &[])
        });
        assert!(
            (200..300).contains(&long.status),
            "{method} {rest}: {}",
            long.body
        );
        assert_eq!(
            (long.status, in_common(&long)),
            (short.status, in_common(&short)),
            "{method} {rest}"
        );
    }
    for query in ["", "?limit=2&sort=name", "?q=Before&state=active"] {
        let [long, short] = [LONG, SHORT].map(|keys| api.get(&format!("{keys}{query}")));
        assert_eq!((long.status, short.status), (200, 200), "{query}");
        assert_eq!(long.body, short.body, "{query}");
        assert_eq!(long.header("etag"), short.header("etag"), "{query}");
    }
}

#[test]
fn a_key_is_not_found_under_the_path_of_another_project() {
    let app = TestApp::start();
    let foreign = app.other_project();
    let api = app.owners_program();
    for (method, rest, body) in calls() {
        for slug in ["default", "nope"] {
            let path = format!("/projects/{slug}/keys/{foreign}{rest}");
            let answer = api.send(method.clone(), &path, body.as_ref(), &[]);
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (404, "NOT_FOUND"),
                "{method} {path}"
            );
        }
    }
    let key = api.get(&format!("/projects/other/keys/{foreign}")).json()["data"].clone();
    assert_eq!(
        (&key["name"], &key["state"], &key["replaced_by"]),
        (&json!("Foreign"), &json!("active"), &Value::Null)
    );
}

#[test]
fn an_id_that_is_no_number_is_not_found() {
    let app = TestApp::start();
    let api = app.owners_program();
    for path in [
        "/projects/default/keys/first",
        "/keys/first",
        "/keys/1x/state",
    ] {
        let answer = api.get(path);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "NOT_FOUND"),
            "{path}"
        );
    }
}

#[test]
fn a_project_that_contradicts_the_path_is_refused() {
    let app = TestApp::start();
    app.other_project();
    let api = app.owners_program();
    let list = api.get(&format!("{LONG}?project=other&limit=0"));
    assert_eq!(list.status, 422, "{}", list.body);
    assert_eq!(list.wrong_fields(), ["project", "limit"]);
    assert!(list.body.contains("The path names another project."));
    let created = api.post(LONG, &json!({"name": "", "project": "other"}));
    assert_eq!(created.status, 422, "{}", created.body);
    assert_eq!(created.wrong_fields(), ["project", "name"]);
    assert!(created.body.contains("The path names another project."));
    assert_eq!(
        app.database.number("SELECT count(*) AS number FROM keys"),
        1
    );
}

#[test]
fn a_project_may_be_named_by_the_path_and_once_more() {
    let app = TestApp::start();
    app.other_project();
    let api = app.owners_program();
    let created = api.post(
        "/projects/other/keys",
        &json!({"name": "A", "project": "other"}),
    );
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.json()["data"]["project"], "other");
    let list = api.get("/projects/other/keys?project=other&sort=name");
    assert_eq!(list.status, 200, "{}", list.body);
    assert_eq!(list.json()["value"][0]["name"], "A");
}

#[test]
fn a_token_that_is_bound_to_a_project_finds_no_other_by_its_path() {
    let app = TestApp::start();
    let foreign = app.other_project();
    let api = app.owners_program();
    let (own, _) = api.new_key(&named("A"));
    let bound = api.with_token(&["keys:read", "keys:create"], Some("other"));
    assert_eq!(bound.get("/projects/other/keys").status, 200);
    assert_eq!(
        bound.get(&format!("/projects/other/keys/{foreign}")).status,
        200
    );
    assert_eq!(bound.get(LONG).status, 404);
    assert_eq!(bound.get(&format!("{LONG}/{own}")).status, 404);
    assert_eq!(bound.post(LONG, &named("B")).status, 404);
}

#[test]
fn a_location_has_the_form_of_the_path_that_was_called() {
    let app = TestApp::start();
    let api = app.owners_program();
    for keys in [LONG, SHORT] {
        let create = || {
            let headers = [("Idempotency-Key", keys)];
            api.send(Method::POST, keys, Some(&named("A")), &headers)
        };
        let created = create();
        let id = created.json()["data"]["id"].clone();
        assert_eq!(created.location(), format!("/api/v1{keys}/{id}"));
        assert_eq!(create().location(), created.location(), "told again");
        let rotated = api.post(&format!("{keys}/{id}/rotation"), &json!({}));
        let successor = rotated.json()["data"]["id"].clone();
        assert_eq!(rotated.location(), format!("/api/v1{keys}/{successor}"));
    }
}
