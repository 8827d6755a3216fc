//! What verifications record: the last use, and counts.

use super::ask;
use diesel::connection::SimpleConnection;
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use crate::app::{Browser, Settings, TestApp, eventually};

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
        assert!(
            shown.iter().any(|fact| fact.contains(expected)),
            "{shown:?}"
        );
    }
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

/// Keeps every other connection from writing, until it is rolled back.
fn lock(app: &TestApp) -> keyward::db::Connection {
    let mut other = app.database.connect();
    let lock = match app.database.is_postgres() {
        true => "BEGIN; LOCK TABLE key_usage IN EXCLUSIVE MODE",
        false => "BEGIN IMMEDIATE",
    };
    other.batch_execute(lock).unwrap();
    other
}

#[test]
fn what_is_counted_while_the_database_is_locked_is_written_afterwards() {
    let app = TestApp::start_with(Settings {
        trusted_proxies: vec!["127.0.0.0/8"],
        ..Settings::default()
    });
    let owner = app.owner();
    let keys: Vec<(i64, String)> = (0..3).map(|_| owner.new_key(&[])).collect();
    let mut locked = lock(&app);
    let started = std::time::Instant::now();
    let mut asked = 0;
    // Long enough for several attempts to write.
    while started.elapsed() < std::time::Duration::from_secs(4) {
        let from = format!("203.0.113.{}", asked % 8);
        let browser = Browser::with_headers(&app.url, &[("x-forwarded-for", &from)]);
        for (_, secret) in &keys {
            assert_eq!(ask(&browser, "", secret).status, 200);
        }
        asked += 1;
    }
    locked.batch_execute("ROLLBACK").unwrap();
    for (id, _) in keys {
        let of_key = |what: &str| app.database.number(&format!("SELECT {what} {id}"));
        let counted = "coalesce(CAST(sum(requests) AS BIGINT), 0)";
        let counted = format!("{counted} AS number FROM key_usage WHERE key_id =");
        eventually(|| (of_key(&counted) == asked).then_some(()));
        let passed = "CAST(sum(passed) AS BIGINT) AS number FROM key_sources WHERE key_id =";
        assert_eq!(of_key(passed), asked);
        let sources = "count(*) AS number FROM key_sources WHERE key_id =";
        assert_eq!(of_key(sources), asked.min(8));
    }
}

#[test]
fn what_could_not_be_recorded_is_said_where_usage_is_shown() {
    let app = TestApp::start();
    let (owner, api) = (app.owner(), app.owners_program());
    let (id, _) = owner.new_key(&[]);
    let path = format!("/projects/default/keys/{id}");
    assert!(
        !owner
            .get(&path)
            .body
            .contains("Not everything was recorded")
    );
    let usage = || api.get(&format!("/keys/{id}/usage")).json()["data"]["gap"].clone();
    assert_eq!(usage(), json!(null));

    let hour = keyward::clock::start_of_hour(app.clock.now());
    let earlier = hour - time::Duration::DAY;
    for (hour, requests, without_source) in [(hour, 1_204, 0), (earlier, 99, 99)] {
        let (day, hour) = (hour.date(), hour.hour());
        let values = format!("'{day} {hour:02}:00:00.0', {requests}, {without_source}");
        let insert = format!("INSERT INTO usage_gaps VALUES ({values})");
        app.database.execute(&insert).unwrap();
    }
    let page = owner.get(&path);
    let said = page.text(".notice.warn");
    assert!(
        said.contains("Not everything was recorded between"),
        "{said}"
    );
    assert!(said.contains("1,204 requests not counted"), "{said}");
    assert!(!said.contains("99"), "that was before the key: {said}");
    let until = (hour + time::Duration::HOUR).assume_utc().format(&Rfc3339);
    let gap = usage();
    assert_eq!(gap["until"], json!(until.unwrap()));
    assert_eq!(
        (&gap["requests"], &gap["without_source"]),
        (&json!(1_204), &json!(0))
    );
}
