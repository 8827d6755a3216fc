//! What other sites make a browser send, and which of several cookies counts.

use reqwest::Method;
use reqwest::header::COOKIE;
use serde_json::json;

use crate::app::{Answer, Api, Browser, PASSWORD, TestApp};

const FOREIGN: (&str, &str) = ("sec-fetch-site", "cross-site");
const EMBEDDED: [(&str, &str); 3] = [
    FOREIGN,
    ("sec-fetch-mode", "no-cors"),
    ("sec-fetch-dest", "image"),
];
const LINK: [(&str, &str); 3] = [
    FOREIGN,
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];

fn session_cookie(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    let session = cookies.filter_map(|cookie| cookie.split(';').next());
    let mut session = session.filter(|pair| pair.contains("keyward_session_"));
    session.next().expect("a session").to_owned()
}

#[test]
fn what_another_site_embeds_is_refused_and_costs_nobody_anything() {
    let app = TestApp::start();
    let embedded = Browser::with_headers(&app.url, &EMBEDDED);
    for _ in 0..50 {
        assert_eq!(embedded.get("/password?code=x").status, 403);
        assert_eq!(embedded.get("/").status, 403);
    }
    let credentials = json!({"email": "owner@example.com", "password": "wrong"});
    for _ in 0..50 {
        let answer =
            Api::new(&app.url, "").send(Method::POST, "/session", Some(&credentials), &[FOREIGN]);
        assert_eq!(answer.status, 403);
    }
    // Another site's links work, and are no guesses.
    let linked = Browser::with_headers(&app.url, &LINK);
    for _ in 0..50 {
        assert_eq!(linked.get("/password?code=x").status, 404);
    }
    assert_eq!(linked.get("/login").status, 200);
    let owner = app.anonymous().sign_in("owner@example.com", PASSWORD);
    assert_eq!(owner.status, 303);
}

#[test]
fn a_body_needs_its_content_type() {
    let app = TestApp::start();
    for (path, body) in [
        (
            "/session",
            json!({"email": "owner@example.com", "password": PASSWORD}),
        ),
        ("/keys/verify", json!({"key": "x"})),
        ("/keys", json!({"name": "A"})),
    ] {
        let body = body.to_string();
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
        ] {
            let url = format!("{}/api/v1{path}", app.url);
            let mut call = app.anonymous().client.post(url).body(body.clone());
            call = call.bearer_auth(app.owners_program().token);
            if let Some(kind) = kind {
                call = call.header("content-type", kind);
            }
            let answer: Answer = call.send().unwrap().into();
            assert_eq!(answer.status, 415, "{path} {kind:?}");
            assert_eq!(answer.code(), "UNSUPPORTED_MEDIA_TYPE");
        }
    }
}

#[test]
fn right_passwords_are_no_guesses() {
    let app = TestApp::start();
    for _ in 0..35 {
        assert_eq!(app.sign_in("owner@example.com", PASSWORD).status, 201);
    }
    for _ in 0..10 {
        assert_eq!(app.sign_in("owner@example.com", "wrong").status, 401);
    }
    assert_eq!(app.sign_in("owner@example.com", "wrong").status, 429);
}

#[test]
fn the_first_cookie_that_verifies_counts_and_twins_are_expired_at_sign_in() {
    let app = TestApp::start();
    let own = session_cookie(&app.anonymous().sign_in("owner@example.com", PASSWORD));
    let name = own.split('=').next().unwrap();
    let stale = format!("{name}=stale");
    for cookies in [format!("{stale}; {own}"), format!("{own}; {stale}")] {
        let browser = Browser::with_headers(&app.url, &[("cookie", &cookies)]);
        assert_eq!(browser.get("/").status, 200, "{cookies}");
    }
    // Signing in with two of them in the browser.
    let page = app.anonymous().get("/login");
    let form = page.header("set-cookie").split(';').next().unwrap();
    let cookies = format!("{stale}; {name}=old; {form}");
    let fields = [
        ("csrf", page.value("csrf")),
        ("email", "owner@example.com".into()),
        ("password", PASSWORD.into()),
    ];
    let answer: Answer = app
        .anonymous()
        .client
        .post(format!("{}/login", app.url))
        .header(COOKIE, cookies)
        .header("host", "keys.example.com:8080")
        .form(&fields)
        .send()
        .unwrap()
        .into();
    assert_eq!(answer.status, 303);
    let set = answer.headers.get_all("set-cookie").iter();
    let set: Vec<&str> = set.map(|cookie| cookie.to_str().unwrap()).collect();
    let expired = |part: &str| {
        set.iter()
            .any(|cookie| cookie.contains("Max-Age=0") && cookie.contains(part))
    };
    assert!(
        expired("Domain=example.com") && expired("Path=/login"),
        "{set:?}"
    );
    let kept = set.iter().filter(|cookie| !cookie.contains("Max-Age=0"));
    assert_eq!(kept.count(), 1, "{set:?}");
}

#[test]
fn two_instances_on_one_host_keep_their_sessions_apart() {
    let (one, two) = (TestApp::start(), TestApp::start());
    let first = session_cookie(&one.anonymous().sign_in("owner@example.com", PASSWORD));
    let second = session_cookie(&two.anonymous().sign_in("owner@example.com", PASSWORD));
    assert_ne!(first.split('=').next(), second.split('=').next());
    // A browser sends both to every port.
    let both = format!("{first}; {second}");
    for app in [&one, &two] {
        let browser = Browser::with_headers(&app.url, &[("cookie", &both)]);
        assert_eq!(browser.get("/").status, 200);
    }
}

#[test]
fn text_that_looks_the_same_is_the_same_person_and_password() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let composed = "jos\u{e9}@example.com";
    let decomposed = "Jose\u{301}@example.com";
    let person = |email: &str| json!({"email": email, "role": "viewer"});
    let invited = owner.post("/users", &person(composed));
    assert_eq!(invited.status, 201);
    let again = owner.post("/users", &person(decomposed));
    assert_eq!(again.wrong_fields(), ["email"]);
    let link = invited.json()["data"]["password_link"].clone();
    let link = link.as_str().unwrap().replace(&app.url, "");
    let code = link.split_once("code=").unwrap().1;
    let browser = app.anonymous();
    let csrf = browser.get(&link).value("csrf");
    let password = "la man\u{303}ana del caballo";
    let fields = [("csrf", &*csrf), ("code", code), ("password", password)];
    assert_eq!(browser.post_raw("/password", &fields).status, 303);
    for (email, password) in [
        (composed, "la ma\u{f1}ana del caballo"),
        (decomposed, password),
        (decomposed, "la\u{a0}ma\u{f1}ana\u{2003}del caballo"),
    ] {
        assert_eq!(app.sign_in(email, password).status, 201, "{password:?}");
        assert_eq!(app.anonymous().sign_in(email, password).status, 303);
    }
}
