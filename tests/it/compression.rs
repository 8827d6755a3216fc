//! What is compressed, and what never is: answers that hold secrets.

use std::io::Read;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::app::{Browser, PASSWORD, TestApp};

const BOTH: (&str, &str) = ("accept-encoding", "gzip, deflate, br");

/// Headers and bytes of what a browser gets for `path` with these headers.
fn get(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> (HeaderMap, Vec<u8>) {
    let mut request = browser.client.get(browser.at(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().unwrap();
    (answer.headers().clone(), answer.bytes().unwrap().to_vec())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// Every `Vary` of an answer, in lower case.
fn vary(headers: &HeaderMap) -> String {
    let all = headers.get_all("vary").iter();
    let all: Vec<_> = all.map(|value| value.to_str().unwrap()).collect();
    all.join(", ").to_lowercase()
}

fn unpacked(coding: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    match coding {
        "br" => brotli::Decompressor::new(bytes, 4096).read_to_string(&mut text),
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_string(&mut text),
        other => panic!("compressed as {other:?}"),
    }
    .unwrap();
    text
}

#[test]
fn pages_are_compressed_as_the_browser_likes_best() {
    let app = TestApp::start();
    let owner = app.owner();
    let path = "/projects/default/keys";
    owner.create_key(&[("label", "Checkout")]);
    let plain = get(&owner, path, &[]);
    assert_eq!(header(&plain.0, "content-encoding"), "");
    assert!(vary(&plain.0).contains("accept-encoding"));
    for (accepted, coding) in [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.1, gzip", "gzip"),
    ] {
        let (headers, bytes) = get(&owner, path, &[("accept-encoding", accepted)]);
        assert_eq!(header(&headers, "content-encoding"), coding, "{accepted}");
        let vary = vary(&headers);
        assert!(vary.contains("accept-encoding"), "{vary}");
        assert!(bytes.len() * 2 < plain.1.len(), "{}", bytes.len());
        assert!(unpacked(coding, &bytes).contains("Checkout"));
    }
    for accepted in ["identity", "br;q=0, gzip;q=0", "zstd", ""] {
        let (headers, bytes) = get(&owner, path, &[("accept-encoding", accepted)]);
        assert_eq!(header(&headers, "content-encoding"), "", "{accepted}");
        assert!(String::from_utf8(bytes).unwrap().contains("Checkout"));
    }
    // A fragment for htmx depends on both.
    let path = format!("{path}/1/revocation");
    let (headers, _) = get(&owner, &path, &[BOTH, ("hx-request", "true")]);
    let vary = vary(&headers);
    assert!(vary.contains("hx-request") && vary.contains("accept-encoding"));
}

#[test]
fn what_another_site_makes_a_browser_ask_for_is_not_compressed() {
    let app = TestApp::start();
    let owner = app.owner();
    let link = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    for (site, coding) in [
        ("cross-site", ""),
        ("same-site", ""),
        ("same-origin", "br"),
        ("none", "br"),
    ] {
        let headers = [BOTH, ("sec-fetch-site", site), link[0], link[1]];
        let (headers, _) = get(&owner, "/projects/default/keys?q=a", &headers);
        assert_eq!(header(&headers, "content-encoding"), coding, "{site}");
    }
}

#[test]
fn json_is_compressed_and_its_weak_tag_serves_as_the_strong_one() {
    let app = TestApp::start();
    let api = app.owners_program();
    let label = "x".repeat(100);
    for _ in 0..5 {
        let key = json!({"name": label, "scopes": ["read:assets"], "environment": "live", "expires_at": null});
        assert_eq!(api.post("/keys", &key).status, 201);
    }
    let browser = app.anonymous();
    let bearer = format!("Bearer {}", api.token);
    let asked = [BOTH, ("authorization", &*bearer)];
    let (headers, bytes) = get(&browser, "/api/v1/keys", &asked);
    assert_eq!(header(&headers, "content-encoding"), "br");
    let list: serde_json::Value = serde_json::from_str(&unpacked("br", &bytes)).unwrap();
    assert_eq!(list["value"].as_array().unwrap().len(), 5);
    let weak = header(&headers, "etag");
    let strong = api.get("/keys").header("etag").to_owned();
    assert_eq!(weak, format!("W/{strong}"));
    for tag in [weak, &strong] {
        let asked = [BOTH, ("authorization", &*bearer), ("if-none-match", tag)];
        let request = get(&browser, "/api/v1/keys", &asked);
        assert!(request.1.is_empty(), "{tag}");
        assert!(vary(&request.0).contains("accept-encoding"), "{tag}");
    }
    // `If-Match` looks at the version in the tag.
    let one = api.get("/keys/1").header("etag").to_owned();
    let weak = format!("W/{one}");
    let edit = json!({"name": "Checkout"});
    let edited = api.send(
        Method::PATCH,
        "/keys/1",
        Some(&edit),
        &[("if-match", weak.as_str())],
    );
    assert_eq!(edited.status, 200, "{}", edited.body);
}

#[test]
fn head_has_the_headers_of_get() {
    let app = TestApp::start();
    let owner = app.owner();
    let request = owner.client.head(owner.at("/projects/default/keys/new"));
    let answer = request.header(BOTH.0, BOTH.1).send().unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(header(answer.headers(), "content-encoding"), "br");
    assert!(answer.bytes().unwrap().is_empty());
}

#[test]
fn no_answer_that_holds_a_secret_is_compressed() {
    let app = TestApp::start();
    let owner = Browser::with_headers(&app.url, &[BOTH]);
    // Reads forms, which are compressed for the other one.
    let signed_in = app.owner();
    let id = signed_in.create_key(&[]);
    let revealed = post(
        &signed_in,
        &format!("/projects/default/keys/{id}/reveal"),
        &[],
    );
    assert!(revealed.contains("data-secret"));

    let token = signed_in.post(
        "/account/tokens",
        &[
            ("description", "Nightly"),
            ("permissions", "keys:read"),
            ("expires", "30"),
            ("project", ""),
        ],
    );
    assert!(post(&signed_in, token.location(), &[]).contains("data-secret"));

    let invitation = [
        ("email", "ana@example.com"),
        ("role", "viewer"),
        ("project", "*"),
    ];
    let invited = post(&signed_in, "/users", &invitation);
    assert!(invited.contains("/password?code="));
    let renewed = post(&signed_in, "/users/2/link", &[]);
    let code = renewed.split("/password?code=").nth(1).unwrap();
    let code = code.split(['"', '<', '&']).next().unwrap();
    let (headers, page) = get(&owner, &format!("/password?code={code}"), &[]);
    assert_eq!(header(&headers, "content-encoding"), "");
    assert!(String::from_utf8(page).unwrap().contains(code));

    let api = app.owners_program();
    let key =
        json!({"name": "x", "scopes": ["read:assets"], "environment": "live", "expires_at": null});
    let token = json!({"description": "x", "permissions": ["keys:read"], "expires_at": crate::api::in_a_month()});
    let person = json!({"email": "ben@example.com", "role": "viewer"});
    let session = json!({"email": "owner@example.com", "password": PASSWORD});
    for (path, body, field) in [
        ("/keys", &key, "key"),
        ("/keys/1/rotation", &json!({}), "key"),
        ("/tokens", &token, "token"),
        ("/users", &person, "password_link"),
        ("/users/2/password-link", &json!({}), "url"),
        ("/session", &session, "token"),
    ] {
        let answer = api.send(Method::POST, path, Some(body), &[BOTH]);
        assert_eq!(answer.header("content-encoding"), "", "{path}");
        let secret = &answer.json()["data"][field];
        assert!(secret.is_string(), "{path}: {}", answer.body);
    }
}

/// The body of what a browser that takes everything gets for a form, which must be plain.
fn post(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let mut all = vec![("csrf", browser.csrf.as_str())];
    all.extend_from_slice(fields);
    let request = browser.client.post(browser.at(path)).form(&all);
    let answer = request.header(BOTH.0, BOTH.1).send().unwrap();
    assert_eq!(header(answer.headers(), "content-encoding"), "", "{path}");
    answer.text().unwrap()
}

#[test]
fn the_setup_page_stays_plain() {
    let app = TestApp::start_fresh();
    let (headers, page) = get(&app.anonymous(), "/setup", &[BOTH]);
    assert_eq!(header(&headers, "content-encoding"), "");
    assert!(String::from_utf8(page).unwrap().contains("name=\"code\""));
}

#[test]
fn a_form_carries_other_bytes_each_time_and_all_of_them_pass() {
    let app = TestApp::start();
    let mut owner = app.owner();
    let tokens: Vec<_> = (0..3).map(|_| owner.get("/").value("csrf")).collect();
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2]);
    for token in tokens {
        owner.csrf = token;
        owner.create_key(&[]);
    }
    let login = || app.anonymous().get("/login").value("csrf");
    assert_ne!(login(), login());
}

#[test]
fn a_first_visit_loads_little() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    let page = anonymous.get("/login").body;
    for (kind, limit) in [(".css", 35_000), (".js", 20_000)] {
        let mut named = page
            .split('"')
            .filter(|text| text.starts_with("/static/app."));
        let path = named.find(|path| path.ends_with(kind)).unwrap();
        let (headers, bytes) = get(&anonymous, path, &[]);
        assert_eq!(header(&headers, "content-encoding"), "");
        assert!(bytes.len() < limit, "{path}: {} bytes", bytes.len());
    }
}
