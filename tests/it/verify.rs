//! `/verify` and `POST /api/v1/keys/verify`: every outcome, as callers see it.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use time::Duration;

use crate::app::{Answer, Browser, Settings, TestApp, TestDatabase, eventually};

fn ask(browser: &Browser, query: &str, secret: &str) -> Answer {
    let request = browser.client.get(browser.at(&format!("/verify{query}")));
    request.header("X-API-Key", secret).send().unwrap().into()
}

fn ask_json(browser: &Browser, body: &Value) -> Answer {
    browser
        .client
        .post(browser.at("/api/v1/keys/verify"))
        .json(body)
        .send()
        .unwrap()
        .into()
}

/// The status line of a request sent byte for byte.
fn raw(app: &TestApp, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect(app.address).unwrap();
    let head = format!(
        "GET /verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n\r\n",
        lines.join("\r\n")
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let code = answer
        .split("\"code\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    format!("{} {}", &answer[9..12], code.unwrap_or("VALID"))
}

#[test]
fn a_good_key_passes_and_names_itself() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [
        ("label", "Café & co"),
        ("scopes", "read:assets"),
        ("scopes", "write:assets"),
    ];
    let (id, secret) = owner.new_key(&fields);
    let answer = ask(&app.anonymous(), "", &secret);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("x-keyward-key-id"), id.to_string());
    assert_eq!(answer.header("x-keyward-project"), "default");
    assert_eq!(answer.header("x-keyward-environment"), "live");
    assert_eq!(
        answer.header("x-keyward-scopes"),
        "read:assets write:assets"
    );
    assert_eq!(answer.header("x-keyward-label"), "Caf%C3%A9%20%26%20co");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn every_refusal_has_its_status_code_and_words() {
    let app = TestApp::start();
    app.other_project();
    let owner = app.owner();
    let browser = app.anonymous();
    let (_, good) = owner.new_key(&[("environment", "test"), ("expires", "never")]);
    let (revoked_id, revoked) = owner.new_key(&[]);
    owner.revoke(revoked_id);
    let (_, expired) = owner.new_key(&[("expires", "30")]);
    app.clock.advance(Duration::days(30));
    let mistyped = format!("{}x", &good[..good.len() - 1]);
    let unknown = {
        let format = keyward::key::KeyFormat {
            start: "mk".into(),
            environment_segment: true,
        };
        let secret = format.generate(keyward::key::Environment::Live).unwrap();
        secret.expose().to_owned()
    };
    let missing: Answer = browser.get("/verify");
    let table = [
        (missing, 401, "MISSING", "Missing X-API-Key header"),
        (
            ask(&browser, "", "garbage"),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "", &mistyped),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "", &unknown),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "?project=other", &good),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "?project=nope", &good),
            401,
            "NOT_FOUND",
            "Invalid API key",
        ),
        (
            ask(&browser, "", &expired),
            401,
            "EXPIRED",
            "This API key has expired",
        ),
        (
            ask(&browser, "", &revoked),
            401,
            "REVOKED",
            "This API key has been revoked",
        ),
        (
            ask(&browser, "?environment=live", &good),
            403,
            "WRONG_ENVIRONMENT",
            "This API key is for the test environment",
        ),
        (
            ask(&browser, "?scope=write:assets&scope=read:analytics", &good),
            403,
            "INSUFFICIENT_SCOPE",
            "This API key lacks a required scope",
        ),
        (
            ask(
                &browser,
                "?scope=write:assets&scope=read:assets&all=1",
                &good,
            ),
            403,
            "INSUFFICIENT_SCOPE",
            "This API key lacks a required scope",
        ),
    ];
    for (answer, status, code, detail) in table {
        let problem = answer.json();
        assert_eq!(answer.status, status, "{code}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(problem["code"], code);
        assert_eq!(problem["detail"], detail);
        assert_eq!(problem["status"], status);
        assert!(problem["request_id"].as_str().unwrap().len() > 8);
        assert!(
            answer
                .header("www-authenticate")
                .starts_with("Bearer realm=\"keyward\"")
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(
            answer
                .headers
                .keys()
                .all(|name| !name.as_str().starts_with("x-keyward"))
        );
    }
    let lacking = ask(&browser, "?scope=write:assets&scope=read:analytics", &good).json();
    assert_eq!(
        lacking["required"],
        json!(["write:assets", "read:analytics"])
    );
    assert_eq!(
        ask(&browser, "?scope=write:assets&scope=read:assets", &good).status,
        200
    );
    assert_eq!(
        ask(&browser, "?project=default&environment=test", &good).status,
        200
    );
}

#[test]
fn a_scope_includes_others_and_the_star_includes_all() {
    let database = TestDatabase::with_owner();
    database
        .execute(
            "INSERT INTO scopes (project_id, name, description, includes) VALUES
             (1, 'streams:read', 'Read', ''), (1, 'streams:write', 'Write', 'streams:read')",
        )
        .unwrap();
    let app = TestApp::start_on(database, Settings::default());
    let owner = app.owner();
    let (_, writer) = owner.new_key(&[("scopes", "streams:write")]);
    let (_, every) = owner.new_key(&[("scopes", "*")]);
    let browser = app.anonymous();
    assert_eq!(ask(&browser, "?scope=streams:read", &writer).status, 200);
    assert_eq!(ask(&browser, "?scope=read:assets", &writer).status, 403);
    assert_eq!(ask(&browser, "?scope=not:even:there", &every).status, 200);
}

#[test]
fn any_method_and_path_below_verify_is_asked_and_bodies_are_ignored() {
    let app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[]);
    let client = app.anonymous().client;
    for method in [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND",
    ] {
        for path in [
            "/verify",
            "/verify/",
            "/verify/api/assets/7?scope=read:assets",
        ] {
            let request = client.request(method.parse().unwrap(), format!("{}{path}", app.url));
            let request = request
                .header("X-API-Key", &secret)
                .body("x".repeat(100_000));
            assert_eq!(request.send().unwrap().status(), 200, "{method} {path}");
        }
    }
    assert_eq!(app.anonymous().get("/verifyx").status, 404);
}

#[test]
fn either_header_carries_the_key_but_not_both_with_two() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, one) = owner.new_key(&[]);
    let (_, two) = owner.new_key(&[]);
    let own = format!("X-API-Key: {one}");
    let lower = format!("x-api-key: {two}");
    let bearer = format!("Authorization: Bearer {one}");
    let other_bearer = format!("Authorization: Bearer {two}");
    let underscore = format!("X_API_KEY: {two}");
    let joined = format!("X-API-Key: {one}, {two}");
    for lines in [
        &[own.as_str()][..],
        &[&bearer],
        &[&own, &bearer],
        &[&own, "Authorization: Basic YTpi"],
    ] {
        assert_eq!(raw(&app, lines), "200 VALID", "{lines:?}");
    }
    for lines in [
        &[own.as_str(), &lower][..],
        &[&own, &own],
        &[&own, &other_bearer],
        &[&bearer, &other_bearer],
        &[&own, &underscore],
        &[&underscore],
        &[&joined],
    ] {
        assert_eq!(raw(&app, lines), "400 AMBIGUOUS", "{lines:?}");
    }
    assert_eq!(raw(&app, &["X-API-Key:"]), "401 MISSING");
    assert_eq!(raw(&app, &["X-API-Key: \u{e9}"]), "401 NOT_FOUND");
}

#[test]
fn a_misspelt_parameter_lets_nothing_through() {
    let app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[("scopes", "*")]);
    for query in [
        "?scopes=read:assets",
        "?all=yes",
        "?environment=prod",
        "?limit_status=200",
    ] {
        assert_eq!(ask(&app.anonymous(), query, &secret).status, 400, "{query}");
    }
}

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
            "valid": true, "code": "VALID", "detail": null, "key_id": id, "name": "Checkout",
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

#[test]
fn the_last_use_is_the_clients_address_as_far_as_it_can_be_trusted() {
    let forwarded = [("x-forwarded-for", "203.0.113.7")];
    for (proxies, expected) in [(vec![], "127.0.0.1"), (vec!["127.0.0.0/8"], "203.0.113.7")] {
        let app = TestApp::start_with(Settings {
            trusted_proxies: proxies,
            ..Settings::default()
        });
        let owner = app.owner();
        let (id, secret) = owner.new_key(&[]);
        assert_eq!(
            ask(&Browser::with_headers(&app.url, &forwarded), "", &secret).status,
            200
        );
        let shown = eventually(|| {
            let page = owner.get(&format!("/projects/default/keys/{id}"));
            let facts = page.texts(".facts dd");
            (!facts.iter().any(|fact| fact == "never")).then_some(facts)
        });
        assert!(shown.iter().any(|fact| fact == expected), "{shown:?}");
    }
}

#[test]
fn a_key_that_expired_stays_refused_when_the_clock_is_set_back() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("expires", "30")]);
    assert_eq!(owner.verify(&secret).0, 200);
    app.clock.advance(Duration::days(31));
    assert_eq!(owner.verify(&secret), (401, "EXPIRED".into()));
    app.clock.advance(Duration::days(-31));
    assert_eq!(owner.verify(&secret), (401, "EXPIRED".into()));
}

#[test]
fn refusals_of_known_keys_are_counted_too() {
    let mut app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    owner.verify(&secret);
    owner.revoke(id);
    for _ in 0..3 {
        owner.verify(&secret);
    }
    app.stop();
    let count = |outcome: &str| {
        app.database.number(&format!(
            "SELECT requests AS number FROM key_usage WHERE key_id = {id} AND outcome = '{outcome}'"
        ))
    };
    assert_eq!(count("VALID"), 1);
    assert_eq!(count("REVOKED"), 3);
}

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
    // Another name gives no fresh start, another limit does.
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
        let told = ask_json(&app.anonymous(), &body).json();
        assert_eq!(told["data"]["valid"], status == 200, "{from}");
    }
    let page = owner.get(&format!("/projects/default/keys/{id}"));
    assert!(page.body.contains("203.0.113.0/24"));
}

#[test]
fn a_key_that_was_just_created_passes_on_the_next_request() {
    let app = TestApp::start();
    let owner = app.owner();
    for _ in 0..20 {
        let (id, secret) = owner.new_key(&[]);
        assert_eq!(owner.verify(&secret).0, 200);
        owner.revoke(id);
        assert_eq!(owner.verify(&secret), (401, "REVOKED".into()));
    }
}
