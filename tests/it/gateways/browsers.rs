//! What a browser asks before it sends a key to another site (CORS).

use super::echo::{Asked, Echo};
use super::{Example, Gateway, Keyward};
use crate::app::Answer;

fn a_preflight_needs_no_key_and_any_other_options_does(example: &Example) {
    let keyward = Keyward::start();
    let echo = Echo::start();
    let gateway = Gateway::start(example, keyward.url(), &echo.url);
    let secret = keyward.key();
    let options = |path: &str, headers: &[(&str, &str)]| -> Answer {
        let client = keyward.owner.client.clone();
        let request = client.request(reqwest::Method::OPTIONS, gateway.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.send().unwrap().into()
    };
    let origin = ("Origin", "https://app.example.com");
    let method = ("Access-Control-Request-Method", "PUT");
    let asks = ("Access-Control-Request-Headers", "x-api-key");

    // It reaches the API, without an identity and as what it is.
    let forged = [
        ("X-Keyward-Key-Id", "1"),
        ("X_Keyward_Key_Id", "1"),
        ("X-API-Key", secret.as_str()),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Original-URL", "/api/analytics"),
    ];
    for more in [&[][..], &forged] {
        let headers = [&[origin, method, asks], more].concat();
        let answer = options("/api/assets/7", &headers);
        assert_eq!(answer.status, 200, "{}{}", answer.body, gateway.log());
        let reached = Asked::read(&answer.body);
        assert_eq!(
            (reached.method(), reached.path()),
            ("OPTIONS", "/api/assets/7")
        );
        assert_eq!(reached.headers("origin"), [origin.1]);
        assert_eq!(reached.headers("access-control-request-method"), [method.1]);
        for name in ["x-api-key", "x-http-method-override", "x-original-url"] {
            assert_eq!(reached.headers(name), [""; 0], "{name}");
        }
        let identity = reached.headers("x-keyward-key-id");
        assert!(
            identity.iter().all(|value| value.is_empty()),
            "{identity:?}"
        );
    }

    // Nothing else goes without a key.
    for headers in [
        &[][..],
        &[origin],
        &[method],
        &[asks],
        &[("Origin", ""), method],
        &[origin, ("Access-Control-Request-Method", "")],
        &[("Access-Control-Request-Method", "a:https://app.example.com")],
    ] {
        let answer = options("/api/assets/7", headers);
        assert_eq!(answer.status, 401, "{headers:?}");
    }
    assert_eq!(options("/elsewhere", &[origin, method]).status, 404);
    let client = keyward.owner.client.clone();
    let get = client.get(gateway.url("/api/assets"));
    let get = get.header(origin.0, origin.1).header(method.0, method.1);
    assert_eq!(get.send().unwrap().status(), 401);

    // With one, OPTIONS is a method that may change something.
    let with_key = [("X-API-Key", secret.as_str())];
    assert_eq!(options("/api/assets/7", &with_key).status, 200);
}

super::at_every_gateway!(a_preflight_needs_no_key_and_any_other_options_does);
