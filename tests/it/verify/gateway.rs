//! What a request to `/verify` may look like: its method, path, headers and parameters.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::ask;
use crate::app::TestApp;
use crate::cli::import::{import, line};

/// The status and code of a request sent byte for byte.
fn raw(app: &TestApp, lines: &[&str]) -> String {
    code_of(&sent_raw(app, &[&["GET /verify HTTP/1.1"], lines].concat()))
}

/// What is answered to a last request, sent byte for byte.
fn sent_raw(app: &TestApp, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect(app.address).unwrap();
    let head = format!(
        "{}\r\nHost: x\r\nConnection: close\r\n\r\n",
        lines.join("\r\n")
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn code_of(answer: &str) -> String {
    let code = answer
        .split("\"code\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    format!("{} {}", &answer[9..12], code.unwrap_or("VALID"))
}

#[test]
fn any_method_is_asked_and_bodies_are_ignored() {
    let app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[]);
    let client = app.anonymous().client;
    for method in [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND",
    ] {
        for path in [
            "/verify",
            "/verify?scope=read:assets",
            "/verify/-/api/assets/7?scope=none",
            "/verify/scope=read:assets/-/api/assets/7",
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
fn an_applications_own_bearer_may_stand_beside_the_key() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[]);
    let key = format!("X-API-Key: {secret}");
    let own = ["Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln", &key];
    assert_eq!(raw(&app, &own), "200 VALID");
    let mistyped = format!("Authorization: Bearer mk_live_{}", "0".repeat(38));
    assert_eq!(raw(&app, &[&key, &mistyped]), "400 AMBIGUOUS");

    // A key from another system may look like anything.
    let imported = import(&app, &[line("legacy-secret-1")], &[]);
    assert!(imported.status.success(), "{imported:?}");
    assert_eq!(raw(&app, &own), "200 VALID");
    assert_eq!(
        raw(&app, &["Authorization: Bearer legacy-secret-1"]),
        "200 VALID"
    );
    let imported = ["Authorization: Bearer legacy-secret-1", &key];
    assert_eq!(raw(&app, &imported), "400 AMBIGUOUS");
}

/// Whichever way a request for `/verify` takes through the server, it is answered alike.
#[test]
fn short_and_long_ways_answer_alike() {
    let app = TestApp::start();
    let (_, secret) = app
        .owner()
        .new_key(&[("label", "\u{44f}"), ("scopes", "read:assets")]);
    let key = format!("X-API-Key: {secret}");
    let wrong = format!("X-API-Key: mk_live_{}", "0".repeat(38));
    for (target, key) in [
        ("/verify", &key),
        ("/verify?scope=write:assets", &key),
        ("/verify/scope=read:assets/-/x?scope=y", &key),
        ("/verify/x", &key),
        ("/verify", &wrong),
        ("/verify", &"X-Other: 1".to_owned()),
    ] {
        let first = format!("GET {target} HTTP/1.1");
        // With a body, a request takes the long way.
        let long = [&first, key.as_str(), "Content-Length: 1\r\nX-A: b"];
        let fields = |answer: &str| {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
            lines.retain(|line| !line.starts_with("date: "));
            lines.sort();
            let body = body.split("\"request_id\"").next().unwrap().to_owned();
            (lines, body)
        };
        let (short, long) = (sent_raw(&app, &[&first, key]), sent_raw(&app, &long));
        assert!(short.contains("\r\ndate: "), "{short}");
        assert_eq!(fields(&short), fields(&long), "{target}");
    }
}

#[test]
fn questions_come_one_after_another_on_one_connection() {
    let app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[]);
    let mut stream = TcpStream::connect(app.address).unwrap();
    let ask = |more: &str| {
        format!("GET /verify HTTP/1.1\r\nHost: x\r\nX-API-Key: {secret}\r\n{more}\r\n")
    };
    // Three in one piece, one in two pieces, then the console, then verify again, and the end.
    let three = ask("").repeat(3);
    let console = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(three.as_bytes()).unwrap();
    let piece = ask("X-Long: 1\r\n");
    let (first, second) = piece.split_at(60);
    stream.write_all(first.as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    stream.write_all(second.as_bytes()).unwrap();
    stream.write_all(console.as_bytes()).unwrap();
    stream.write_all(ask("").as_bytes()).unwrap();
    stream
        .write_all(ask("Connection: close\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 7, "{answer}");
    assert_eq!(answer.matches("x-keyward-key-id: ").count(), 6, "{answer}");
}

#[test]
fn a_client_can_not_loosen_what_its_gateway_requires() {
    let app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[("scopes", "read:analytics")]);
    let key = format!("X-API-Key: {secret}");
    let status = |target: &str| {
        let line = format!("GET {target} HTTP/1.1");
        sent_raw(&app, &[&line, &key])[9..12].to_owned()
    };
    let requires = "/verify/project=default&scope=read:assets/-";
    for clients in [
        "",
        "/api/assets",
        "/api/assets?a=1&scope=read:analytics",
        "/../../-/api",
        "/scope=read:analytics/-/api",
        "/%2e%2e/verify?scope=read:analytics",
    ] {
        assert_eq!(status(&format!("{requires}{clients}")), "403", "{clients}");
    }
    // What a gateway makes of a prefix in the form of the query.
    for mistaken in [
        "/verify/api/assets?scope=read:analytics",
        "/verify?scope=/api/assets",
        "/verify?scope=read:assets/api/assets?scope=read:analytics",
        "/verify?project=default&scope=read:assets&scope=/api/assets?a=1&scope=read:analytics",
    ] {
        assert_eq!(status(mistaken), "400", "{mistaken}");
    }
}

#[test]
fn a_question_names_at_most_50_scopes() {
    let app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[("scopes", "read:assets")]);
    let many = |scopes: usize| format!("?scope=read:assets{}", "&scope=none".repeat(scopes - 1));
    assert_eq!(ask(&app.anonymous(), &many(50), &secret).status, 200);
    assert_eq!(ask(&app.anonymous(), &many(51), &secret).status, 400);
    let json = |scopes: usize| {
        let scopes = vec!["read:assets"; scopes];
        let body = serde_json::json!({"key": secret, "scopes": scopes});
        let asking = app
            .anonymous()
            .client
            .post(format!("{}/api/v1/keys/verify", app.url));
        asking.json(&body).send().unwrap().status().as_u16()
    };
    assert_eq!((json(50), json(51)), (200, 400));
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
