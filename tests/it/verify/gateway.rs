//! What a request to `/verify` may look like: its method, path, headers and parameters.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::ask;
use crate::app::TestApp;

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
