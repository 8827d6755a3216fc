use keyward::access::Actor;
use keyward::config::PublicUrl;
use keyward::domain::passwords::Password;
use keyward::domain::{Op, users};
use keyward::records::Role;
use sha2::{Digest, Sha256};
use time::Duration;

use crate::app::{Answer, Browser, PASSWORD, Settings, TestApp};

/// The cookies an answer sets, as `name=value; attributes`.
fn cookies(answer: &Answer) -> Vec<String> {
    let all = answer.headers.get_all("set-cookie").iter();
    all.map(|cookie| cookie.to_str().unwrap().to_owned())
        .collect()
}

fn session_cookie(answer: &Answer) -> String {
    cookies(answer)
        .into_iter()
        .find(|cookie| cookie.contains("keyward_session_"))
        .unwrap()
}

/// The answer to a request with this cookie and no other.
fn with_cookie(app: &TestApp, cookie: &str) -> Answer {
    let pair = cookie.split(';').next().unwrap();
    Browser::with_headers(&app.url, &[("cookie", pair)]).get("/")
}

#[test]
fn the_cookie_is_new_at_login_and_dead_after_logout() {
    let app = TestApp::start();
    let browser = app.anonymous();
    let first = session_cookie(&browser.sign_in("owner@example.com", PASSWORD));
    assert!(
        first.contains("HttpOnly") && first.contains("SameSite=Lax") && first.contains("Path=/")
    );
    assert!(!first.contains("Secure"));
    assert_eq!(with_cookie(&app, &first).status, 200);
    let mut browser = browser;
    browser.csrf = browser.get("/").value("csrf");
    let out = browser.post("/logout", &[]);
    assert_eq!((out.status, out.location()), (303, "/login"));
    assert!(out.header("clear-site-data").contains("\"cookies\""));
    assert_eq!(with_cookie(&app, &first).status, 303);
}

#[test]
fn a_planted_cookie_does_not_become_a_session() {
    let app = TestApp::start();
    // A session of the attacker's own, planted in the victim's browser.
    let planted = session_cookie(&app.anonymous().sign_in("owner@example.com", PASSWORD));
    let pair = planted.split(';').next().unwrap();
    let form = app.anonymous().get("/login");
    let csrf = form.value("csrf");
    let tag = pair
        .split('=')
        .next()
        .unwrap()
        .replace("keyward_session_", "");
    let form_pair = form.header("set-cookie").split(';').next().unwrap();
    let both = format!("{pair}; {form_pair}");
    let victim = Browser::with_headers(&app.url, &[("cookie", both.as_str())]);
    app.person(Role::Admin);
    // The form's token is the planted session's, which the attacker can't make the victim send.
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", "admin@example.com"),
        ("password", PASSWORD),
    ];
    assert_eq!(victim.post_raw("/login", &fields).status, 403);
    // An invented id belongs to nobody.
    let planted_form = Browser::with_headers(
        &app.url,
        &[(
            "cookie",
            &format!("keyward_form_{tag}={}", "%0A".repeat(43)),
        )],
    );
    assert_eq!(planted_form.get("/login").status, 200);
    for value in ["abc", "", "%00"] {
        let invented = format!("keyward_session_{tag}={value}");
        assert_eq!(with_cookie(&app, &invented).status, 303, "{invented}");
    }
}

#[test]
fn signing_in_again_ends_the_session_before() {
    let app = TestApp::start();
    let browser = app.anonymous();
    let first = session_cookie(&browser.sign_in("owner@example.com", PASSWORD));
    let csrf = browser.get("/").value("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", "owner@example.com"),
        ("password", PASSWORD),
    ];
    let second = session_cookie(&browser.post_raw("/login", &fields));
    assert_ne!(first, second);
    assert_eq!(with_cookie(&app, &first).status, 303);
    assert_eq!(with_cookie(&app, &second).status, 200);
}

#[test]
fn the_database_keeps_the_hash_of_the_id_alone() {
    let app = TestApp::start();
    let cookie = session_cookie(&app.anonymous().sign_in("owner@example.com", PASSWORD));
    let value = cookie
        .split(['=', ';'])
        .nth(1)
        .unwrap()
        .replace("%2B", "+")
        .replace("%2F", "/");
    // The signature comes before the id.
    let id = value[value.len() - 43..].to_owned();
    let digest: String = Sha256::digest(&id)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let literal = match app.database.is_postgres() {
        true => format!("'\\x{digest}'"),
        false => format!("x'{digest}'"),
    };
    let sql = format!("SELECT count(*) AS number FROM sessions WHERE digest = {literal}");
    assert_eq!(app.database.number(&sql), 1);
    let sql = format!("SELECT count(*) AS number FROM sessions WHERE state LIKE '%{id}%'");
    assert_eq!(app.database.number(&sql), 0);
}

#[test]
fn a_session_ends_after_thirty_idle_minutes() {
    let app = TestApp::start();
    let owner = app.owner();
    for _ in 0..3 {
        app.clock.advance(Duration::minutes(29));
        assert_eq!(owner.get("/").status, 200);
    }
    app.clock.advance(Duration::minutes(30));
    assert_eq!(owner.get("/").status, 303);
}

#[test]
fn a_session_ends_after_twelve_hours_however_busy() {
    let app = TestApp::start();
    let owner = app.owner();
    for _ in 0..35 {
        app.clock.advance(Duration::minutes(20));
        assert_eq!(owner.get("/").status, 200);
    }
    app.clock.advance(Duration::minutes(20));
    assert_eq!(owner.get("/").status, 303);
}

#[test]
fn over_https_cookies_are_bound_to_it() {
    let app = TestApp::start_with(Settings {
        public_url: Some(PublicUrl {
            https: true,
            origin: "https://keys.example.com".into(),
        }),
        ..Settings::default()
    });
    let browser = app.anonymous();
    let page = browser.get("/login");
    assert!(
        page.header("strict-transport-security")
            .starts_with("max-age=")
    );
    let form = &cookies(&page)[0];
    assert!(
        form.starts_with("__Host-keyward_form_") && form.contains("Secure"),
        "{form}"
    );
    // The client does not send a secure cookie over plain HTTP, so hand it over.
    let pair = form.split(';').next().unwrap().to_owned();
    let over_http = Browser::with_headers(&app.url, &[("cookie", pair.as_str())]);
    let csrf = page.value("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", "owner@example.com"),
        ("password", PASSWORD),
    ];
    let session = session_cookie(&over_http.post_raw("/login", &fields));
    assert!(session.starts_with("__Host-keyward_session_"), "{session}");
    assert!(session.contains("Secure") && !session.contains("Domain"));
}

#[test]
fn another_password_ends_every_session() {
    let app = TestApp::start();
    let (one, two) = (app.owner(), app.owner());
    let actor = Actor::command_line();
    let password = Password::new("another long and odd phrase".into());
    let mut conn = app.database.connect();
    let mut op = Op::new(&mut conn, &actor, app.clock.now());
    users::reset_password(&mut op, "owner@example.com", &password).unwrap();
    assert_eq!(one.get("/").status, 303);
    assert_eq!(two.get("/").status, 303);
    assert_eq!(
        app.anonymous()
            .sign_in("owner@example.com", PASSWORD)
            .status,
        422
    );
}

#[test]
fn a_role_that_is_cut_is_gone_from_the_next_request_open_forms_included() {
    let app = TestApp::start();
    let admin = app.person(Role::Admin);
    assert_eq!(admin.get("/projects/default/keys/new").status, 200);
    app.database
        .execute("UPDATE grants SET role = 'viewer' WHERE role = 'admin'")
        .unwrap();
    assert_eq!(admin.post_key("default", &[]).status, 403);
    assert!(
        !admin
            .get("/projects/default/keys")
            .body
            .contains("Create key")
    );
    app.database
        .execute("DELETE FROM grants WHERE role = 'viewer'")
        .unwrap();
    assert_eq!(admin.get("/projects/default/keys").status, 404);
}

#[test]
fn a_form_that_comes_too_late_says_that_nothing_was_done() {
    let app = TestApp::start();
    let from = |page: &str| {
        let owner = Browser::with_headers(&app.url, &[("referer", page)]);
        owner.signed_in("owner@example.com")
    };
    let owner = from(&format!("{}/projects/default/keys/new", app.url));
    let elsewhere = from("https://evil.example/projects/default/keys/new");
    app.clock.advance(Duration::minutes(31));
    // Back to the page with the form, if it was one of ours.
    assert_eq!(
        elsewhere.post_key("default", &[]).location(),
        "/login?ended=1"
    );
    let lost = owner.post_key("default", &[]);
    assert_eq!(
        lost.location(),
        "/login?next=%2Fprojects%2Fdefault%2Fkeys%2Fnew&ended=1"
    );
    let login = owner.get(lost.location());
    assert!(
        login
            .text("[role=alert]")
            .starts_with("Your session had ended")
    );
    assert_eq!(login.value("next"), "/projects/default/keys/new");
}

#[test]
fn an_ended_session_sends_htmx_to_the_login_page() {
    let app = TestApp::start();
    let browser = Browser::with_headers(&app.url, &[("hx-request", "true")]);
    let answer = browser.get("/projects/default/keys");
    assert_eq!(answer.status, 200);
    assert!(answer.header("hx-redirect").starts_with("/login"));
}
