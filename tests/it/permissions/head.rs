//! `HEAD` is answered wherever `GET` is: the same status and headers, and no body.

use std::collections::BTreeMap;

use reqwest::header::{ALLOW, DATE, HeaderMap, SET_COOKIE};
use reqwest::{Method, StatusCode};

use super::api::API_RULES;
use super::pages::{OTHER_RULES, PROJECT_RULES};
use crate::app::{TestApp, eventually};

/// What has to match, each name with its values: all but what differs from answer to answer.
fn comparable(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let own = [DATE.as_str(), SET_COOKIE.as_str(), "ratelimit"];
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        if !own.contains(&name.as_str()) {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            all.entry(name.to_string()).or_default().push(value);
        }
    }
    all
}

/// Without the length, which varies: errors carry the id of their request.
fn without_length(mut headers: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    headers.remove("content-length");
    headers
}

#[test]
fn head_is_answered_wherever_get_is() {
    let app = TestApp::start();
    let owner = app.owner();
    let api = app.owners_program();
    let id = owner.create_key(&[]).to_string();
    // Nothing that pages show changes any more.
    let signed = "SELECT count(*) AS number FROM audit_checkpoints";
    eventually(|| (app.database.number(signed) > 0).then_some(()));
    let at = |route: &str| {
        route
            .replace("{project}", "default")
            .replace("{id}", &id)
            .replace("{scope}", "read:assets")
            .replace("{user}", "1")
            .replace("{token}", "0")
            .replace("{entry}", "1")
    };
    let pages = PROJECT_RULES.iter().chain(OTHER_RULES);
    let pages = pages.filter(|rule| rule.method == "GET");
    let calls = API_RULES.iter().filter(|rule| rule.0 == "GET");
    let paths: Vec<String> = pages
        .map(|rule| at(rule.route))
        .chain(calls.map(|rule| format!("/api/v1{}", at(rule.1))))
        .chain([
            "/nowhere".into(),
            "/api/v1/nowhere".into(),
            "/verify".into(),
        ])
        .collect();
    assert!(paths.len() > 60, "{paths:?}");
    for path in paths {
        let ask = |method: Method| {
            let asking = owner.client.request(method, owner.at(&path));
            let asking = match path.starts_with("/api/") {
                true => asking.bearer_auth(&api.token),
                false => asking,
            };
            asking.send().unwrap()
        };
        let (got, asked) = (ask(Method::GET), ask(Method::HEAD));
        assert_eq!(got.status(), asked.status(), "{path}");
        let (of_get, of_head) = (comparable(got.headers()), comparable(asked.headers()));
        match got.status().is_success() {
            true => assert_eq!(of_get, of_head, "{path}"),
            false => assert_eq!(without_length(of_get), without_length(of_head), "{path}"),
        }
        assert!(asked.text().unwrap().is_empty(), "{path}");
    }
}

#[test]
fn head_is_refused_where_get_is() {
    let app = TestApp::start();
    let owner = app.owner();
    for path in ["/logout", "/api/v1/session", "/api/v1/keys/verify"] {
        let ask = |method| owner.client.request(method, owner.at(path)).send().unwrap();
        let (got, asked) = (ask(Method::GET), ask(Method::HEAD));
        assert_eq!(got.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(asked.status(), got.status(), "{path}");
        assert_eq!(
            asked.headers().get(ALLOW),
            got.headers().get(ALLOW),
            "{path}"
        );
    }
}

#[test]
fn an_answer_that_lists_get_as_allowed_lists_head_too() {
    let app = TestApp::start();
    let owner = app.owner();
    for (path, expected) in [
        ("/docs", "GET, HEAD"),
        ("/api/v1/openapi.json", "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/logout", "POST"),
    ] {
        let answer = owner.client.delete(owner.at(path)).send().unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.headers().get(ALLOW).unwrap(), expected, "{path}");
    }
}
