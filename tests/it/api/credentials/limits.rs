//! How many requests the management API accepts from one token.

use serde_json::json;

use crate::app::{Api, TestApp};

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
    // The limit does not apply to pages and verifications.
    assert_eq!(app.owner().get("/").status, 200);
    assert_eq!(app.anonymous().verify("x").0, 401);
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
