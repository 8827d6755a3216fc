//! The questions that every gateway has to get right, with the media API behind it.

use serde_json::{Value, json};

use super::{Example, Gateway, Keyward};
use crate::app::Browser;
use crate::media::{MediaApi, call};

fn a_gateway_lets_through_what_keyward_does(example: &Example) {
    let mut keyward = Keyward::start();
    let media = MediaApi::start("gateway");
    let gateway = Gateway::start(example, keyward.url(), &media.url);
    let owner = keyward.owner.clone();
    let (id, secret) = owner.new_key(&[("scopes", "read:assets"), ("scopes", "write:assets")]);
    let assets = gateway.url("/api/assets");
    let get = |secret: &str| call("GET", &assets, secret, &Value::Null);

    // Valid, with a body, and with the identity that Keyward gave.
    let created = call("POST", &assets, &secret, &json!({"name": "Intro"}));
    assert_eq!(created.status, 201, "{} {}", created.body, gateway.log());
    assert_eq!(created.json()["data"]["name"], "Intro");
    assert_eq!(created.json()["data"]["created_by_key"], id);
    assert_eq!(get(&secret).json()["value"][0]["name"], "Intro");

    // Missing, wrong, revoked, out of scope.
    let missing = get("");
    assert_eq!(missing.status, 401);
    assert!(missing.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(get("mk_live_wrong").status, 401);
    let (other_id, revoked) = owner.new_key(&[]);
    assert_eq!(get(&revoked).status, 200);
    owner.revoke(other_id);
    assert_eq!(get(&revoked).status, 401);
    let analytics = gateway.url("/api/analytics/summary");
    assert_eq!(call("GET", &analytics, &secret, &Value::Null).status, 403);
    let (_, reader) = owner.new_key(&[]);
    assert_eq!(get(&reader).status, 200);
    assert_eq!(call("POST", &assets, &reader, &json!({})).status, 403);

    // Over its limit.
    let (_, limited) =
        owner.new_key(&[("rate_limit_requests", "2"), ("rate_limit_seconds", "3600")]);
    let answers: Vec<_> = (0..3).map(|_| get(&limited)).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    let tells_limits = !answers[0].header("ratelimit").is_empty();
    assert_eq!(tells_limits, example.tells_limits);
    assert_eq!(get(&limited).header("retry-after"), "1800");

    // The client's own identity headers count for nothing.
    let with = |name: &'static str, value: &str, secret: &str| {
        let client = Browser::with_headers(&gateway.url(""), &[(name, value)]).client;
        let request = client.post(&assets).header("X-API-Key", secret);
        request.json(&json!({})).send().unwrap()
    };
    for name in ["x-keyward-key-id", "x_keyward_key_id", "x-keyward_key-id"] {
        let answer: Value = with(name, "999", &secret).json().unwrap();
        assert_eq!(answer["data"]["created_by_key"], id, "{name}");
    }
    assert_eq!(with("x-keyward-scopes", "*", &reader).status(), 403);
    assert_eq!(with("x-keyward-key-id", "999", "").status(), 401);

    // The client's address is the one that the gateway sees.
    let (_, elsewhere) = owner.new_key(&[
        ("scopes", "write:assets"),
        ("allowed_ips", "203.0.113.0/24"),
    ]);
    assert_eq!(
        with("x-forwarded-for", "203.0.113.7", &elsewhere).status(),
        403
    );

    // Keyward stopped: nothing passes any more.
    keyward.program.kill();
    let stopped = get(&secret);
    assert_eq!(stopped.status, 503, "{}", gateway.log());
    assert!(!stopped.body.contains("Intro"));
}

super::at_every_gateway!(a_gateway_lets_through_what_keyward_does);
