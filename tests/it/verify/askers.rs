//! Services that ask with a personal token.

use serde_json::{Value, json};

use crate::app::{Answer, Api, Settings, TestApp};

const ASKING: &str = "X-Keyward-Token";

/// A key with an owner and metadata, and its secret.
fn new_key(api: &Api) -> (i64, String) {
    api.new_key(&json!({"name": "A", "metadata": {"plan": "pro"}}))
}

fn verdict(api: &Api, secret: &str) -> Value {
    let answer = api.post("/keys/verify", &json!({"key": secret}));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["data"].clone()
}

/// What `/verify` says to a gateway with this token.
fn ask_with(app: &TestApp, token: &str, secret: &str) -> Answer {
    let browser = app.anonymous();
    let request = browser.client.get(browser.at("/verify"));
    let request = request.header("X-API-Key", secret).header(ASKING, token);
    request.send().unwrap().into()
}

#[test]
fn owner_and_metadata_are_for_services_with_a_token() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let (id, secret) = new_key(&owner);
    let service = owner.with_token(&["keys:verify"], None);
    let told = verdict(&service, &secret);
    assert_eq!(told["owner"], "owner@example.com");
    assert_eq!(told["metadata"], json!({"plan": "pro"}));
    // An edit is told at once.
    owner.patch(
        &format!("/keys/{id}"),
        &json!({"metadata": {"plan": "free"}}),
    );
    assert_eq!(
        verdict(&service, &secret)["metadata"],
        json!({"plan": "free"})
    );
    // A refusal is told as much as a pass, and of an unknown key nothing.
    owner.delete(&format!("/keys/{id}"));
    let revoked = verdict(&service, &secret);
    assert_eq!(
        (&revoked["code"], &revoked["owner"]),
        (&json!("REVOKED"), &told["owner"])
    );
    assert_eq!(
        verdict(&service, "mk_live_unknown")["metadata"],
        Value::Null
    );
    for other in [
        owner.with_token(&["keys:read", "keys:edit"], None),
        Api::new(&app.url, ""),
    ] {
        let told = verdict(&other, &secret);
        assert_eq!(
            (&told["owner"], &told["metadata"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[test]
fn a_token_for_another_project_is_told_nothing() {
    let app = TestApp::start();
    let owner = app.owners_program();
    owner.post(
        "/projects",
        &json!({"slug": "other", "name": "Other", "key_start": "ot"}),
    );
    let (_, secret) = new_key(&owner);
    let service = owner.with_token(&["keys:verify"], Some("other"));
    assert_eq!(verdict(&service, &secret)["code"], "NOT_FOUND");
}

#[test]
fn a_token_that_ended_is_refused_from_the_next_question_on() {
    let app = TestApp::start_with(Settings {
        verify_requires_token: true,
        ..Settings::default()
    });
    let owner = app.owners_program();
    let (_, secret) = new_key(&owner);
    let service = owner.with_token(&["keys:verify"], None);
    let token = service.token.clone();
    for _ in 0..3 {
        assert_eq!(verdict(&service, &secret)["valid"], true);
        assert_eq!(ask_with(&app, &token, &secret).status, 200);
    }
    let tokens = owner.get("/tokens").json()["value"].clone();
    let mut tokens = tokens.as_array().unwrap().iter();
    let of_service = tokens.find(|one| one["permissions"] == json!(["keys:verify"]));
    let path = format!("/tokens/{}", of_service.unwrap()["id"]);
    assert!(owner.delete(&path).status < 300);
    assert_eq!(ask_with(&app, &token, &secret).status, 401);
    assert_eq!(
        service.post("/keys/verify", &json!({"key": secret})).status,
        401
    );
}

#[test]
fn where_a_token_is_required_nobody_else_is_answered() {
    let app = TestApp::start_with(Settings {
        verify_requires_token: true,
        ..Settings::default()
    });
    let owner = app.owners_program();
    owner.post(
        "/projects",
        &json!({"slug": "other", "name": "Other", "key_start": "ot"}),
    );
    let (_, secret) = new_key(&owner);
    let service = owner.with_token(&["keys:verify"], None);
    let reader = owner.with_token(&["keys:read"], None);
    let elsewhere = owner.with_token(&["keys:verify"], Some("other"));
    let form = |api: &Api| api.post("/keys/verify", &json!({"key": secret})).status;
    assert_eq!(form(&service), 200);
    assert_eq!(form(&reader), 403);
    assert_eq!(form(&Api::new(&app.url, "")), 401);
    assert_eq!(verdict(&elsewhere, &secret)["code"], "NOT_FOUND");
    let browser = app.anonymous();
    let open = super::ask(&browser, "", &secret);
    assert_eq!(open.status, 401);
    assert_eq!(open.json()["code"], "UNAUTHORIZED");
    for _ in 0..2 {
        assert_eq!(ask_with(&app, &service.token, &secret).status, 200);
        assert_eq!(ask_with(&app, &reader.token, &secret).status, 403);
        let hidden = ask_with(&app, &elsewhere.token, &secret);
        assert_eq!(
            (hidden.status, &hidden.json()["code"]),
            (401, &json!("NOT_FOUND"))
        );
        assert_eq!(ask_with(&app, "kwp_invented", &secret).status, 401);
    }
    let twice = browser.client.get(browser.at("/verify"));
    let twice = twice
        .header("X-API-Key", &secret)
        .header(ASKING, &service.token);
    assert_eq!(twice.header(ASKING, "kwp_x").send().unwrap().status(), 401);
    // A body makes the request go the longer way.
    let slow = browser.client.post(browser.at("/verify")).body("{}");
    let slow = slow
        .header("X-API-Key", &secret)
        .header(ASKING, &service.token);
    assert_eq!(slow.send().unwrap().status(), 200);
}
