use reqwest::Method;
use serde_json::json;

use crate::app::TestApp;

#[test]
fn every_wrong_field_is_named_at_once() {
    let app = TestApp::start();
    let api = app.owners_program();
    let shapes = json!({"name": 5, "scopes": "read:assets", "colour": "red",
        "rate_limit": {"requests": "many"}, "expires_at": "tomorrow"});
    let refused = api.post("/keys", &shapes);
    assert_eq!((refused.status, refused.code().as_str()), (422, "INVALID"));
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let mut fields = refused.wrong_fields();
    fields.sort();
    assert_eq!(
        fields,
        [
            "colour",
            "expires_at",
            "name",
            "rate_limit.requests",
            "scopes"
        ]
    );
    let values = json!({"name": "", "scopes": ["read:nothing"], "expires_at": "2020-01-01T00:00:00Z",
        "rate_limit": {"requests": 0, "seconds": 90_000}, "allowed_ips": ["localhost"]});
    let refused = api.post("/keys", &values);
    let expected = [
        "name",
        "scopes",
        "expires_at",
        "rate_limit.requests",
        "rate_limit.seconds",
        "allowed_ips",
    ];
    assert_eq!(refused.wrong_fields(), expected);
    let problem = refused.json();
    for field in ["type", "title", "status", "detail", "code", "request_id"] {
        assert!(!problem[field].is_null(), "{field}");
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    let app = TestApp::start();
    let token = app.owners_program().token;
    let client = app.anonymous().client;
    let post = |kind: &str, body: String| {
        let call = client
            .post(format!("{}/api/v1/keys", app.url))
            .bearer_auth(&token);
        let answer = call.header("Content-Type", kind).body(body).send().unwrap();
        let status = answer.status().as_u16();
        let problem: serde_json::Value = answer.json().unwrap();
        (
            status,
            problem["code"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let json = "application/json";
    for body in ["{", "[]", "5", "\"x\"", "null", "{\"name\": \"a\"} x"] {
        assert_eq!(
            post(json, body.into()),
            (400, "BAD_REQUEST".into()),
            "{body}"
        );
    }
    let form = "application/x-www-form-urlencoded";
    assert_eq!(
        post(form, "name=A".into()),
        (415, "UNSUPPORTED_MEDIA_TYPE".into())
    );
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(70_000));
    assert_eq!(post(json, large), (413, "TOO_LARGE".into()));
    let good = post(
        "application/json; charset=utf-8",
        "{\"name\": \"A\"}".into(),
    );
    assert_eq!(good, (201, String::new()));
}

#[test]
fn what_is_not_there_is_a_problem_too() {
    let app = TestApp::start();
    let api = app.owners_program();
    for path in [
        "/nothing",
        "/keys/99",
        "/keys/x",
        "/projects/nope",
        "/users/99",
        "/tokens/9",
    ] {
        let missing = api.get(path);
        assert_eq!(
            (missing.status, missing.code().as_str()),
            (404, "NOT_FOUND"),
            "{path}"
        );
    }
    let wrong = api.send(Method::PATCH, "/keys", Some(&json!({})), &[]);
    assert_eq!(
        (wrong.status, wrong.code().as_str()),
        (405, "METHOD_NOT_ALLOWED")
    );
    assert!(!wrong.header("allow").is_empty());
}

#[test]
fn a_body_of_very_many_fields_is_refused_at_once() {
    let app = TestApp::start();
    let fields = (0..100).map(|number| (format!("f{number}"), json!(1)));
    let body = serde_json::Value::Object(fields.collect());
    let refused = crate::app::Api::new(&app.url, "").post("/session", &body);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "BAD_REQUEST")
    );
}
