//! However a change ends, its outcome holds on every instance: the answer waits for instances that
//! are behind.

use reqwest::Method;
use serde_json::json;

use crate::app::{Api, TestApp};

/// An instance that knows no change and gives no sign of life. Settling a change waits until its
/// lease has expired, and then removes its row: so if that is gone, somebody waited.
struct Behind<'a>(&'a TestApp);

impl<'a> Behind<'a> {
    const ID: i64 = 42;

    fn start(app: &'a TestApp) -> Self {
        let id = Self::ID;
        app.database
            .execute(&format!(
                "INSERT INTO instances (id, applied, beat) VALUES ({id}, 0, 0)"
            ))
            .unwrap();
        Behind(app)
    }

    fn was_waited_for(&self) -> bool {
        let id = Self::ID;
        let left = format!("SELECT count(*) AS number FROM instances WHERE id = {id}");
        self.0.database.number(&left) == 0
    }
}

/// Sends a call that no longer changes anything, while an instance is behind.
fn waits(app: &TestApp, api: &Api, call: (Method, &str, Option<serde_json::Value>), status: u16) {
    let (method, path, body) = call;
    let behind = Behind::start(app);
    let answer = api.send(method, path, body.as_ref(), &[]);
    assert_eq!(answer.status, status, "{path}: {}", answer.body);
    assert!(behind.was_waited_for(), "{path} did not wait");
}

fn started() -> (TestApp, Api, i64) {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, _) = api.new_key(&json!({"name": "Checkout"}));
    (app, api, id)
}

#[test]
fn a_key_that_was_revoked_already_is_revoked_on_every_instance() {
    let (app, api, id) = started();
    let path = format!("/projects/default/keys/{id}");
    assert_eq!(api.delete(&path).status, 200);
    waits(&app, &api, (Method::DELETE, &path, None), 200);
    let behind = Behind::start(&app);
    assert_eq!(app.owner().revoke(id).status, 409);
    assert!(behind.was_waited_for(), "the page did not wait");
}

#[test]
fn an_edit_that_changes_nothing_is_so_on_every_instance() {
    let (app, api, id) = started();
    let path = format!("/projects/default/keys/{id}");
    let body = json!({"name": "Checkout"});
    waits(&app, &api, (Method::PATCH, &path, Some(body)), 200);
}

#[test]
fn a_key_that_was_rotated_already_is_so_on_every_instance() {
    let (app, api, id) = started();
    let path = format!("/projects/default/keys/{id}/rotation");
    assert_eq!(api.post(&path, &json!({})).status, 201);
    waits(&app, &api, (Method::POST, &path, Some(json!({}))), 409);
}

#[test]
fn a_project_that_is_so_already_is_so_on_every_instance() {
    let (app, api, _) = started();
    let path = "/projects/default";
    let body = json!({"rate_limit": {"requests": 5, "seconds": 1}});
    assert_eq!(api.patch(path, &body).status, 200);
    waits(&app, &api, (Method::PATCH, path, Some(body)), 200);
}

#[test]
fn a_scope_that_is_so_already_is_so_on_every_instance() {
    let (app, api, _) = started();
    let path = "/projects/default/scopes/streams:read";
    let body = json!({"description": "Watch streams"});
    let created = api.send(Method::PUT, path, Some(&body), &[]);
    assert_eq!(created.status, 201, "{}", created.body);
    waits(&app, &api, (Method::PUT, path, Some(body)), 200);
}

#[test]
fn a_catalogue_that_is_there_already_is_so_on_every_instance() {
    let (app, api, _) = started();
    let path = "/projects/default/scopes";
    let body = json!({"catalogue": "streaming"});
    assert_eq!(api.post(path, &body).status, 200);
    waits(&app, &api, (Method::POST, path, Some(body)), 200);
}

#[test]
fn a_project_that_was_archived_already_is_so_on_every_instance() {
    let (app, api, _) = started();
    let path = "/projects/default/archival";
    let body = json!({"name": "Default"});
    assert_eq!(api.post(path, &body).status, 200);
    waits(&app, &api, (Method::POST, path, Some(body)), 409);
}

#[test]
fn a_refusal_inside_a_change_holds_on_every_instance() {
    let (app, api, id) = started();
    let path = format!("/projects/default/keys/{id}");
    let wrong = json!({"scopes": ["no:such-scope"]});
    waits(&app, &api, (Method::PATCH, &path, Some(wrong.clone())), 422);
    let new = json!({"name": "New", "scopes": ["no:such-scope"]});
    let keys = "/projects/default/keys";
    waits(&app, &api, (Method::POST, keys, Some(new)), 422);
    let behind = Behind::start(&app);
    let stale = [("If-Match", "\"99-0\"")];
    let refused = api.send(Method::PATCH, &path, Some(&json!({"name": "New"})), &stale);
    assert_eq!(refused.status, 412, "{}", refused.body);
    assert!(behind.was_waited_for(), "a stale edit did not wait");
}

#[test]
fn a_change_that_no_verdict_depends_on_waits_for_those_before_it() {
    let (app, api, _) = started();
    let path = "/account/sessions";
    waits(&app, &api, (Method::DELETE, path, None), 204);
}

#[test]
fn a_form_that_comes_too_late_says_what_is_so_on_every_instance() {
    let (app, api, id) = started();
    assert_eq!(
        api.delete(&format!("/projects/default/keys/{id}")).status,
        200
    );
    let owner = app.owner();
    for form in ["edit", "revocation", "rotation"] {
        let behind = Behind::start(&app);
        let page = owner.get(&format!("/projects/default/keys/{id}/{form}"));
        assert_eq!(page.status, 409, "{form}");
        assert!(behind.was_waited_for(), "{form} did not wait");
    }
}
