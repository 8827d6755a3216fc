//! What a client can't do: choose what its request needs, or say who it is.

use super::echo::{Asked, Echo};
use super::{Example, Gateway, Keyward};

/// Requests with a key that may read and change assets. None of them may reach anything else.
fn a_client_cannot_touch_what_its_request_needs(example: &Example) {
    let keyward = Keyward::start();
    let echo = Echo::start();
    let gateway = Gateway::start(example, keyward.url(), &echo.url);
    let key = format!("X-API-Key: {}", keyward.key());
    let refused = ["400", "403", "404"];

    // By the path: whatever passes reaches the path that was checked.
    for path in [
        "/api/analytics",
        "/api/analytics?scope=read:assets",
        "/api/analytics?project=default&scope=read:assets",
        "/api/analytics/-/api/assets",
        "/api/analytics#/api/assets",
        "/api/%61nalytics/summary",
        "//api/analytics",
        "/api//analytics",
        "/api/./analytics",
        "/api/assets/../analytics",
        "/api/assets/%2e%2e/analytics",
        "/api/assets/.%2E/analytics",
        "/api/assets/..%2fanalytics",
        "/api/assets%2f..%2fanalytics",
        "/api%2fanalytics",
        "/api/assets/..\\analytics",
        "/api/assets/..%5canalytics",
        "/api/assets/..;/analytics",
        "/api/assets/..;x=1/analytics",
        "/api/assets/%00/../analytics",
        "/verify/-/api/assets",
        "/api/../verify/-/api/assets",
        "/api/assets/../../verify/project=default/-/api/analytics",
        "/_keyward?scope=read:assets",
        "/unavailable",
    ] {
        let answer = gateway.raw_answer("GET", path, &[&key]);
        let status = answer.get(9..12).unwrap_or_default();
        if status == "200" {
            let reached = reached(&answer);
            let path_there = reached.path().to_lowercase();
            assert!(!path_there.contains("/api/analytics"), "{path}: {answer}");
        } else {
            assert!(refused.contains(&status), "{path}: {answer}");
        }
    }

    // By the query: it neither loosens nor tightens.
    for query in [
        "a=1&scope=read:analytics",
        "scope=read:analytics&all=1",
        "project=other",
        "environment=test&limit_status=200",
        "a=/../analytics",
        "a=/-/",
    ] {
        let path = format!("/api/assets?{query}");
        assert_eq!(gateway.raw(&path, &[&key]), "200", "{query}");
        let path = format!("/api/analytics?{query}");
        assert_eq!(gateway.raw(&path, &[&key]), "403", "{query}");
    }

    // By headers that others take for the path, the method or the requirement.
    for header in [
        "X-Original-URL: /api/assets",
        "X-Rewrite-URL: /api/assets",
        "X-Forwarded-Uri: /api/assets",
        "X-Forwarded-Path: /api/assets",
        "X-Original-URI: /api/assets",
        "X-Envoy-Original-Path: /api/assets",
        "X-Envoy-Decorator-Operation: assets",
        "X-Forwarded-Method: OPTIONS",
        "X-HTTP-Method-Override: OPTIONS",
        "X-Keyward-Scopes: read:analytics",
        "X-Keyward-Needs: project=default",
        "KEYWARD_NEEDS: project=default",
        "Access-Control-Request-Method: GET",
    ] {
        let status = gateway.raw(
            "/api/analytics",
            &[&key, header, "Origin: https://example.com"],
        );
        assert_eq!(status, "403", "{header}");
    }

    // By a method that some take for another one.
    let (_, reader) = keyward.owner.new_key(&[]);
    let reader = format!("X-API-Key: {reader}");
    for method in ["POST", "DELETE", "PROPFIND", "get", "OPTIONS"] {
        let answer = gateway.raw_answer(method, "/api/assets", &[&reader, "Content-Length: 0"]);
        let status = answer.get(9..12).unwrap_or_default();
        assert!(
            ["400", "403", "405", "501"].contains(&status),
            "{method}: {answer}"
        );
    }

    // By asking for the identity headers to be dropped on the way.
    let drops = "Connection: X-Keyward-Key-Id, X-Keyward-Scopes";
    let answer = gateway.raw_answer("GET", "/api/assets", &[&key, drops]);
    if answer.get(9..12) == Some("200") {
        assert_eq!(
            reached(&answer).headers("x-keyward-key-id").len(),
            1,
            "{answer}"
        );
    } else {
        assert_eq!(answer.get(9..12), Some("400"), "{answer}");
    }
}

/// Headers in every spelling that a framework may read as another header.
fn a_client_cannot_say_who_it_is(example: &Example) {
    let keyward = Keyward::start();
    let echo = Echo::start();
    let gateway = Gateway::start(example, keyward.url(), &echo.url);
    let (id, secret) = keyward.owner.new_key(&[]);
    let key = format!("X-API-Key: {secret}");
    let answer = gateway.raw_answer(
        "GET",
        "/api/assets",
        &[
            &key,
            "X-Keyward-Key-Id: 999",
            "X-Keyward-Key-Id: 998",
            "x-keyward-label: forged",
            "x-keyward-consumer: forged",
            "X_Keyward_Key_Id: 999",
            "X-Keyward_Key-Id: 999",
            "X.Keyward.Key.Id: 999",
            "X_Keyward_Scopes: *",
            "X-Forwarded-For: 203.0.113.7",
            "X_Forwarded_For: 203.0.113.7",
            "Forwarded: for=203.0.113.7",
            "X-HTTP-Method-Override: DELETE",
            "X-Original-URL: /api/analytics",
            "X-Rewrite-URL: /api/analytics",
        ],
    );
    assert_eq!(answer.get(9..12), Some("200"), "{answer}{}", gateway.log());
    let reached = reached(&answer);
    assert_eq!(reached.headers("x-keyward-key-id"), [id.to_string()]);
    assert_eq!(reached.headers("x-keyward-scopes"), ["read:assets"]);
    assert_eq!(reached.headers("x-keyward-project"), ["default"]);
    assert_eq!(reached.headers("x-keyward-environment"), ["live"]);
    assert_eq!(reached.headers("x-keyward-label"), ["Production%20backend"]);
    let consumer = reached.headers("x-keyward-consumer");
    assert!(
        consumer.iter().all(|consumer| consumer.is_empty()),
        "{consumer:?}"
    );
    let forwarded = reached.headers("x-forwarded-for");
    assert!(
        !forwarded.iter().any(|value| value.contains("203.0.113.7")),
        "{answer}"
    );
    for name in [
        "x-api-key",
        "authorization",
        "forwarded",
        "x-http-method-override",
        "x-original-url",
        "x-rewrite-url",
    ] {
        assert_eq!(reached.headers(name), [""; 0], "{name}: {answer}");
    }

    // Two credentials that could be keys are never judged by the better one.
    let (_, other) = keyward.owner.new_key(&[("scopes", "*")]);
    let other_key = format!("X-API-Key: {other}");
    let other_bearer = format!("Authorization: Bearer {other}");
    let bearer = format!("Authorization: Bearer {secret}");
    for headers in [
        [key.as_str(), &other_key],
        [&key, &key],
        [&other_key, &bearer],
        [&bearer, &other_bearer],
    ] {
        let status = gateway.raw("/api/analytics", &headers);
        assert!(
            ["400", "401"].contains(&status.as_str()),
            "{headers:?}: {status}"
        );
    }
    // A look-alike of the header is dropped, or refused.
    let alike = format!("X_API_Key: {other}");
    let status = gateway.raw("/api/analytics", &[&key, &alike]);
    assert!(["400", "403"].contains(&status.as_str()), "{status}");
    let status = gateway.raw("/api/analytics", &[&alike]);
    assert!(["400", "401"].contains(&status.as_str()), "{status}");
}

fn reached(answer: &str) -> Asked {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    // A chunked body has its length before it.
    let (start, end) = (body.find('{').unwrap(), body.rfind('}').unwrap());
    Asked::read(&body[start..=end])
}

super::at_every_gateway!(a_client_cannot_touch_what_its_request_needs);
super::at_every_gateway!(a_client_cannot_say_who_it_is);
