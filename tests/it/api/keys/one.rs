//! One key: reading, editing and revoking it.

use reqwest::Method;
use serde_json::{Value, json};

use super::named;
use crate::app::TestApp;

#[test]
fn whoever_has_it_already_gets_304() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, _) = api.new_key(&named("A"));
    for path in [
        format!("/keys/{id}"),
        format!("/keys/{id}/state"),
        "/keys".to_owned(),
    ] {
        let first = api.get(&path);
        let tag = first.header("etag").to_owned();
        let again = api.send(Method::GET, &path, None, &[("If-None-Match", &tag)]);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), tag);
        api.patch(
            &format!("/keys/{id}"),
            &named(&format!("After {}", path.len())),
        );
        let changed = api.send(Method::GET, &path, None, &[("If-None-Match", &tag)]);
        let expected = if path.ends_with("/state") { 304 } else { 200 };
        assert_eq!(changed.status, expected, "{path}");
    }
    let state = api.get(&format!("/keys/{id}/state"));
    assert_eq!(state.body, r#"{"data":{"state":"active"}}"#);
    let tag = state.header("etag").to_owned();
    api.delete(&format!("/keys/{id}"));
    let path = format!("/keys/{id}/state");
    let state = api.send(Method::GET, &path, None, &[("If-None-Match", &tag)]);
    assert_eq!(state.body, r#"{"data":{"state":"revoked"}}"#);
}

#[test]
fn an_edit_changes_the_named_fields_and_not_over_somebody_elses() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, secret) = api.new_key(&json!({
        "name": "A", "scopes": ["read:assets"], "rate_limit": {"requests": 5, "seconds": 60},
    }));
    let path = format!("/keys/{id}");
    let tag = api.get(&path).header("etag").to_owned();
    // Use is not an edit: the tag changes, but an edit with the old one still works.
    assert_eq!(app.anonymous().verify(&secret).0, 200);
    let edit =
        |body: Value, tag: &str| api.send(Method::PATCH, &path, Some(&body), &[("If-Match", tag)]);
    let edited = edit(json!({"name": "B", "rate_limit": null}), &tag);
    assert_eq!(edited.status, 200, "{}", edited.body);
    let data = edited.json()["data"].clone();
    assert_eq!(
        (&data["name"], &data["rate_limit"]),
        (&json!("B"), &Value::Null)
    );
    assert_eq!(data["scopes"], json!(["read:assets"]));
    let late = edit(named("C"), &tag);
    assert_eq!(
        (late.status, late.code().as_str()),
        (412, "PRECONDITION_FAILED")
    );
    assert_eq!(api.get(&path).json()["data"]["name"], "B");
    assert_eq!(edit(named("C"), edited.header("etag")).status, 200);
    assert_eq!(edit(named("D"), "*").status, 200);
    assert_eq!(edit(named("E"), "\"nonsense\"").status, 412);
}

/// Each changes a different field: both changes must be there in the end.
#[test]
fn two_edits_of_different_fields_both_stay() {
    let app = TestApp::start();
    let api = app.owners_program();
    for _ in 0..20 {
        let (id, _) = api.new_key(&named("Before"));
        let path = format!("/keys/{id}");
        std::thread::scope(|scope| {
            for body in [json!({"scopes": ["read:assets"]}), named("After")] {
                let (api, path) = (&api, &path);
                scope.spawn(move || assert_eq!(api.patch(path, &body).status, 200));
            }
        });
        let key = api.get(&path).json()["data"].clone();
        assert_eq!(
            (&key["name"], &key["scopes"]),
            (&json!("After"), &json!(["read:assets"]))
        );
    }
}

#[test]
fn a_revocation_is_told_again_but_not_made_again() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, secret) = api.new_key(&named("A"));
    let path = format!("/keys/{id}?reason=compromised&note=In%20a%20repository");
    let revoked = api.delete(&path);
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert_eq!(revoked.json()["data"]["revoke_reason"], "compromised");
    assert_eq!(app.anonymous().verify(&secret), (401, "REVOKED".into()));
    let again = api.delete(&format!("/keys/{id}?reason=unused"));
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["data"]["revoke_reason"], "compromised");
    assert_eq!(api.patch(&format!("/keys/{id}"), &named("B")).status, 409);
    let (other, _) = api.new_key(&named("B"));
    let wrong = api.delete(&format!("/keys/{other}?reason=boredom"));
    assert_eq!(
        (wrong.status, wrong.wrong_fields()),
        (422, vec!["reason".to_owned()])
    );
    assert_eq!(api.delete("/keys/99").status, 404);
}

#[test]
fn a_version_is_not_needed_in_the_path() {
    let app = TestApp::start();
    let api = app.owners_program();
    api.new_key(&named("A"));
    let url = format!("{}/api/keys/1", app.url);
    let answer = reqwest::blocking::Client::builder()
        .no_proxy()
        .build()
        .unwrap();
    let answer = answer.get(url).bearer_auth(&api.token).send().unwrap();
    assert_eq!(answer.status(), 200);
}
