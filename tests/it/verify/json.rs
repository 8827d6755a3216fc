//! `POST /api/v1/keys/verify`, for services that have the key in hand.

use serde_json::{Value, json};

use super::ask_json;
use crate::app::TestApp;

#[test]
fn the_json_form_tells_the_same_and_always_with_200() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout"), ("expires", "never")]);
    let browser = app.anonymous();
    let answer = ask_json(&browser, &json!({"key": secret, "scopes": ["read:assets"]}));
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({"data": {
            "valid": true, "code": "VALID", "detail": null, "key_id": id, "name": "Checkout", "consumer": null,
            "owner": null, "metadata": null,
            "project": "default", "environment": "live", "scopes": ["read:assets"],
            "expires_at": null, "rate_limit": null,
        }})
    );
    let lacking = ask_json(
        &browser,
        &json!({"key": secret, "scopes": ["write:assets"]}),
    )
    .json();
    assert_eq!(lacking["data"]["code"], "INSUFFICIENT_SCOPE");
    assert_eq!(lacking["data"]["key_id"], id);
    for body in [
        json!({"key": "garbage"}),
        json!({"key": secret, "project": "other"}),
    ] {
        let unknown = ask_json(&browser, &body).json();
        assert_eq!(unknown["data"]["code"], "NOT_FOUND");
        assert_eq!(unknown["data"]["valid"], false);
        for field in [
            "key_id",
            "name",
            "consumer",
            "owner",
            "metadata",
            "project",
            "environment",
            "scopes",
            "expires_at",
        ] {
            assert_eq!(unknown["data"][field], Value::Null, "{field}");
        }
    }
    assert_eq!(
        ask_json(&browser, &json!({})).json()["data"]["code"],
        "MISSING"
    );
    let without_version = browser.client.post(browser.at("/api/keys/verify"));
    assert_eq!(
        without_version
            .json(&json!({"key": secret}))
            .send()
            .unwrap()
            .status(),
        200
    );
}

#[test]
fn a_body_that_is_not_understood_is_a_problem_that_says_why() {
    let app = TestApp::start();
    let browser = app.anonymous();
    let unknown = ask_json(&browser, &json!({"key": "x", "scope": ["read:assets"]}));
    assert_eq!((unknown.status, unknown.code()), (422, "INVALID".into()));
    assert!(
        unknown.json()["detail"]
            .as_str()
            .unwrap()
            .contains("`scope`")
    );
    for body in [
        json!({"key": 7}),
        json!({"environment": "prod"}),
        json!({"client_ip": "x"}),
    ] {
        assert_eq!(ask_json(&browser, &body).status, 422, "{body}");
    }
    let call = browser.client.post(browser.at("/api/v1/keys/verify"));
    let broken = call.body("{").send().unwrap();
    assert_eq!(broken.status(), 400);
    assert_eq!(
        ask_json(&browser, &json!({"key": "x".repeat(70_000)})).status,
        413
    );
    let text = browser
        .client
        .post(browser.at("/api/v1/keys/verify"))
        .body("not json");
    assert_eq!(text.send().unwrap().status(), 400);
}
