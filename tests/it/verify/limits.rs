//! Keys that pass only so often, or only from some addresses.

use serde_json::json;

use super::{ask, ask_json};
use crate::app::{Browser, Settings, TestApp};

const TWO_AN_HOUR: [(&str, &str); 2] =
    [("rate_limit_requests", "2"), ("rate_limit_seconds", "3600")];

#[test]
fn a_key_over_its_limit_is_refused_and_told_when_to_come_back() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&TWO_AN_HOUR);
    let browser = app.anonymous();
    let first = ask(&browser, "", &secret);
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit-policy"), "\"key\";q=2;w=3600");
    assert_eq!(first.header("ratelimit"), "\"key\";r=1;t=1800");
    assert_eq!(first.header("retry-after"), "");
    // A refusal for another reason costs nothing.
    assert_eq!(ask(&browser, "?scope=write:assets", &secret).status, 403);
    let second = ask_json(&browser, &json!({ "key": secret })).json();
    assert_eq!(
        second["data"]["rate_limit"],
        json!({"limit": 2, "remaining": 0, "reset_seconds": 3600})
    );
    let third = ask(&browser, "", &secret);
    assert_eq!((third.status, third.code().as_str()), (429, "RATE_LIMITED"));
    assert_eq!(third.json()["detail"], "Rate limit exceeded");
    assert_eq!(third.header("retry-after"), "1800");
    assert_eq!(third.header("ratelimit"), "\"key\";r=0;t=1800");
    let for_nginx = ask(&browser, "?limit_status=403", &secret);
    assert_eq!(
        (for_nginx.status, for_nginx.code().as_str()),
        (403, "RATE_LIMITED")
    );
    assert_eq!(for_nginx.header("retry-after"), "1800");
    // Changing the name does not reset the count, changing the limit does.
    let path = format!("/projects/default/keys/{id}/edit");
    let edit = |label: &str, requests: &str, version: &str| {
        let fields = [
            ("label", label),
            ("scopes", "read:assets"),
            ("expires", "keep"),
            ("rate_limit_requests", requests),
            ("rate_limit_seconds", "3600"),
            ("version", version),
        ];
        assert_eq!(owner.post(&path, &fields).status, 303);
    };
    edit("Renamed", "2", "1");
    assert_eq!(ask(&browser, "", &secret).status, 429);
    edit("Renamed", "3", "2");
    assert_eq!(
        ask(&browser, "", &secret).header("ratelimit"),
        "\"key\";r=2;t=1200"
    );
    let unlimited = owner.new_key(&[]).1;
    assert_eq!(ask(&browser, "", &unlimited).header("ratelimit"), "");
}

#[test]
fn a_key_on_a_list_of_addresses_passes_from_there_alone() {
    let app = TestApp::start_with(Settings {
        trusted_proxies: vec!["127.0.0.0/8"],
        ..Settings::default()
    });
    let owner = app.owner();
    let fields = [("allowed_ips", "203.0.113.0/24\n2001:db8::/32")];
    let (id, secret) = owner.new_key(&fields);
    for (from, status) in [
        ("203.0.113.7", 200),
        ("2001:db8::7", 200),
        ("::ffff:203.0.113.7", 200),
        ("203.0.114.7", 403),
        ("203.0.113.7, 198.51.100.1", 403),
        ("2001:db9::7", 403),
    ] {
        let browser = Browser::with_headers(&app.url, &[("x-forwarded-for", from)]);
        let answer = ask(&browser, "", &secret);
        assert_eq!(answer.status, status, "{from}");
        if status == 403 {
            assert_eq!(answer.code(), "IP_NOT_ALLOWED");
        }
        let nearest = from.rsplit(", ").next().unwrap();
        let body = json!({"key": secret, "client_ip": nearest});
        let verdict = ask_json(&app.anonymous(), &body).json();
        assert_eq!(verdict["data"]["valid"], status == 200, "{from}");
    }
    let page = owner.get(&format!("/projects/default/keys/{id}"));
    assert!(page.body.contains("203.0.113.0/24"));
}
