use keyward::records::Role;

use super::audit::rows;
use crate::app::{Browser, PASSWORD, Settings, TestApp, add_person};

#[test]
fn signing_in_leads_to_where_one_was_going() {
    let app = TestApp::start();
    let browser = app.anonymous();
    let sent = browser.get("/projects/default/keys?q=a%20b");
    assert_eq!(sent.status, 303);
    assert_eq!(
        sent.location(),
        "/login?next=%2Fprojects%2Fdefault%2Fkeys%3Fq%3Da%2520b"
    );
    let login = browser.get(sent.location());
    let fields = [
        ("csrf", login.value("csrf")),
        ("next", login.value("next")),
        ("email", "owner@example.com".into()),
        ("password", PASSWORD.into()),
    ];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        browser.post_raw("/login", &fields).location(),
        "/projects/default/keys?q=a%20b"
    );
}

#[test]
fn the_page_never_says_what_an_address_makes_up() {
    let app = TestApp::start();
    let page = app.anonymous().get("/login?done=Send+your+password+to+eve");
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("eve"));
    assert_eq!(page.texts("[role=status]").len(), 0);
}

#[test]
fn an_unknown_person_and_a_wrong_password_read_the_same() {
    let app = TestApp::start();
    let answers = ["owner@example.com", "nobody@example.com"].map(|email| {
        let answer = app.anonymous().sign_in(email, "wrong horse battery staple");
        let body = answer
            .body
            .replace(email, "")
            .replace(&answer.value("csrf"), "");
        (answer.status, body)
    });
    assert_eq!(answers[0].0, 422);
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn guessing_is_slowed_without_locking_the_person_out() {
    let app = TestApp::start_with(Settings {
        trusted_proxies: vec!["127.0.0.1/32"],
        ..Settings::default()
    });
    let from = |ip: &str| Browser::with_headers(&app.url, &[("x-forwarded-for", ip)]);
    from("198.51.100.1").signed_in("owner@example.com");
    // One guesser is slowed down, and told how long to wait.
    let guesser = from("203.0.113.1");
    let statuses: Vec<u16> = (0..12)
        .map(|_| guesser.sign_in("owner@example.com", "a wrong guess").status)
        .collect();
    assert_eq!(statuses[..10], [422; 10]);
    let slowed = guesser.sign_in("owner@example.com", PASSWORD);
    assert_eq!(slowed.status, 429);
    assert!(slowed.header("retry-after").parse::<u64>().unwrap() >= 1);
    // So are many guessers together ...
    let others = (2..40).map(|last| {
        from(&format!("203.0.113.{last}"))
            .sign_in("owner@example.com", "a wrong guess")
            .status
    });
    assert!(others.filter(|status| *status == 429).count() > 10);
    // ... but the person comes in from where they came before.
    from("198.51.100.1").signed_in("owner@example.com");
}

#[test]
fn failed_attempts_are_in_the_audit_log_and_what_was_typed_is_not() {
    let app = TestApp::start();
    app.anonymous().sign_in("owner@example.com", "wrong horse");
    app.anonymous()
        .sign_in("hunter2-typed-in-the-wrong-field", "x");
    let log = app.owner().get("/audit?action=all");
    let entries = rows(&log);
    assert!(
        entries
            .iter()
            .any(|entry| entry == "Somebody failed to sign in as owner@example.com")
    );
    assert!(
        entries
            .iter()
            .any(|entry| entry == "Somebody failed to sign in as an unknown email")
    );
    assert!(!log.body.contains("hunter2"));
}

#[test]
fn a_password_is_rehashed_when_the_parameters_rise() {
    let app = TestApp::start();
    // The PHC string of the tests' password under less than today's parameters.
    use argon2::password_hash::PasswordHasher;
    let params = argon2::Params::new(4096, 1, 1, None).unwrap();
    let old = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let hash: argon2::password_hash::phc::PasswordHash =
        old.hash_password(PASSWORD.as_bytes()).unwrap();
    assert!(hash.to_string().contains("m=4096,t=1,p=1"));
    app.database
        .execute(&format!("UPDATE users SET password_hash = '{hash}'"))
        .unwrap();
    app.owner();
    let sql = "SELECT count(*) AS number FROM users WHERE password_hash LIKE '%m=19456,t=2,p=1%'";
    assert_eq!(app.database.number(sql), 1);
    app.owner();
}

#[test]
fn a_disabled_person_is_out_at_once() {
    let app = TestApp::start();
    let admin = app.person(Role::Admin);
    assert_eq!(admin.get("/projects/default/keys").status, 200);
    app.database
        .execute("UPDATE users SET disabled_at = '2026-01-01 00:00:00' WHERE email LIKE 'admin%'")
        .unwrap();
    assert_eq!(admin.get("/projects/default/keys").status, 303);
    assert_eq!(
        app.anonymous()
            .sign_in("admin@example.com", PASSWORD)
            .status,
        422
    );
}

#[test]
fn several_roles_add_up() {
    let app = TestApp::start();
    app.other_project();
    add_person(
        &mut app.database.connect(),
        "eve@example.com",
        Role::Viewer,
        None,
    );
    app.database
        .execute(
            "INSERT INTO grants (user_id, project_id, role, created_by, created_at)
             SELECT id, 2, 'admin', 'test', '2026-01-01 00:00:00' FROM users
             WHERE email = 'eve@example.com'",
        )
        .unwrap();
    let eve = app.anonymous().signed_in("eve@example.com");
    assert_eq!(eve.get("/projects/other/keys/new").status, 200);
    assert_eq!(eve.get("/projects/default/keys/new").status, 403);
}
