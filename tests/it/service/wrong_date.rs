//! An instance whose clock is wrong deletes nothing that it would keep with a right one.

use keyward::clock::Clock;
use keyward::records::Role;
use serde_json::json;
use time::Duration;

use crate::app::{Settings, TestApp, TestDatabase};

/// How many rows of usage and of sessions there are.
fn kept(database: &TestDatabase) -> (i64, i64) {
    let number = |table| database.number(&format!("SELECT count(*) AS number FROM {table}"));
    (number("key_usage"), number("sessions"))
}

#[test]
fn a_start_three_years_ahead_or_behind_deletes_no_usage_and_no_session() {
    let mut app = TestApp::start();
    let owner = app.owner();
    app.person(Role::Viewer);
    let (_, secret) = owner.new_key(&[]);
    owner.verify(&secret);
    let before = crate::app::eventually(|| {
        Some(kept(&app.database)).filter(|(usage, sessions)| *usage == 1 && *sessions >= 2)
    });
    app.stop();
    for years in [3, -3] {
        let clock = Clock::default();
        clock.advance(Duration::days(years * 365));
        let settings = Settings {
            database_url: Some(app.database.url.clone()),
            ..Settings::default()
        };
        let mut wrong = TestApp::start_at(TestDatabase::new(), settings, clock);
        // The first sweep and the first look back come after a second.
        std::thread::sleep(std::time::Duration::from_secs(3));
        wrong.stop();
        assert_eq!(kept(&app.database), before, "{years} years");
    }
}

#[test]
fn a_key_that_is_refused_as_expired_is_called_so_everywhere_until_it_is_edited() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("expires", "30")]);
    app.clock.advance(Duration::days(31));
    assert_eq!(owner.verify(&secret), (401, "EXPIRED".into()));
    app.clock.advance(Duration::days(-31));
    assert_eq!(owner.verify(&secret), (401, "EXPIRED".into()));

    let program = app.owners_program();
    let path = format!("/projects/default/keys/{id}");
    let state = || program.get(&format!("{path}/state")).json()["data"]["state"].clone();
    assert_eq!(state(), "expired");
    let read = program.get(&path).json();
    assert_eq!(read["data"]["state"], "expired");
    assert_eq!(read["data"]["is_active"], false);
    let listed = program.get("/projects/default/keys").json();
    assert_eq!(listed["value"][0]["state"], "expired");
    let rotation = format!("{path}/rotation");
    assert_eq!(program.post(&rotation, &json!({})).status, 409);
    assert!(owner.get(&path).body.contains("Expired too early"));
    let list = owner.get("/projects/default/keys");
    assert_eq!(list.texts("tbody .state"), ["Expired"]);

    // Another edit does not cure it, one of its expiry does.
    program.patch(&path, &json!({"name": "Renamed"}));
    assert_eq!(owner.verify(&secret), (401, "EXPIRED".into()));
    assert_eq!(state(), "expired");
    let patched = program.patch(&path, &json!({"expires_at": null}));
    assert_eq!(patched.json()["data"]["state"], "active");
    assert_eq!(owner.verify(&secret).0, 200);
    assert_eq!(state(), "active");
    assert!(!owner.get(&path).body.contains("Expired too early"));
}

#[test]
fn a_restart_lets_such_a_key_pass_again() {
    let mut app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("expires", "30")]);
    app.clock.advance(Duration::days(31));
    assert_eq!(owner.verify(&secret), (401, "EXPIRED".into()));
    app.stop();
    let settings = Settings {
        database_url: Some(app.database.url.clone()),
        ..Settings::default()
    };
    let again = TestApp::start_on(TestDatabase::new(), settings);
    assert_eq!(again.anonymous().verify(&secret).0, 200);
    let key = again
        .owners_program()
        .get(&format!("/projects/default/keys/{id}"));
    assert_ne!(key.json()["data"]["state"], "expired");
}
