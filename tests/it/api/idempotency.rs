use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use crate::app::{Answer, Api, TestApp};

fn create(api: &Api, key: &str, body: &Value) -> Answer {
    api.send(
        Method::POST,
        "/keys",
        Some(body),
        &[("Idempotency-Key", key)],
    )
}

fn keys(app: &TestApp) -> i64 {
    app.database.number("SELECT count(*) AS number FROM keys")
}

#[test]
fn a_repeated_call_creates_nothing_and_gets_the_same_answer_without_the_secret() {
    let app = TestApp::start();
    let api = app.owners_program();
    let body = json!({"name": "A"});
    let first = create(&api, "one", &body);
    let again = create(&api, "one", &body);
    assert_eq!((first.status, again.status, keys(&app)), (201, 201, 1));
    assert_eq!(first.header("location"), again.header("location"));
    let mut expected = first.json();
    assert!(expected["data"]["key"].is_string());
    expected["data"].as_object_mut().unwrap().remove("key");
    assert_eq!(again.json(), expected);
    // Another key is another call; another body with the same key is a mistake.
    assert_eq!(create(&api, "two", &body).status, 201);
    let mistaken = create(&api, "one", &json!({"name": "B"}));
    assert_eq!(
        (mistaken.status, mistaken.wrong_fields()),
        (422, vec!["Idempotency-Key".into()])
    );
    assert_eq!(keys(&app), 2);
    // Somebody else's keys are separate.
    let admin = app.program_of(keyward::records::Role::Admin);
    assert_eq!(create(&admin, "one", &body).status, 201);
    assert_eq!(keys(&app), 3);
}

#[test]
fn a_repeated_call_gets_no_answer_once_the_role_is_gone() {
    let app = TestApp::start();
    let admin = app.program_of(keyward::records::Role::Admin);
    let body = json!({"name": "A"});
    let first = create(&admin, "one", &body);
    assert_eq!(first.status, 201);
    let rotation = format!("{}/rotation", first.header("location"));
    let rotation = rotation.trim_start_matches("/api/v1");
    let rotate = || {
        let once = [("Idempotency-Key", "two")];
        admin.send(Method::POST, rotation, Some(&json!({})), &once)
    };
    assert_eq!(rotate().status, 201);
    let grants = "grants WHERE user_id = (SELECT max(id) FROM users)";
    let cut = |to: &str| app.database.execute(to).unwrap();
    cut("UPDATE grants SET role = 'viewer' WHERE user_id = (SELECT max(id) FROM users)");
    assert_eq!(
        (create(&admin, "one", &body).status, rotate().status),
        (403, 403)
    );
    cut(&format!("DELETE FROM {grants}"));
    assert_eq!(
        (create(&admin, "one", &body).status, rotate().status),
        (404, 404)
    );
}

#[test]
fn a_call_that_failed_can_be_made_again() {
    let app = TestApp::start();
    let api = app.owners_program();
    assert_eq!(create(&api, "one", &json!({"name": ""})).status, 422);
    assert_eq!(create(&api, "one", &json!({"name": "A"})).status, 201);
}

#[test]
fn of_many_at_once_one_creates() {
    let app = TestApp::start();
    let api = app.owners_program();
    let body = json!({"name": "A"});
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..12)
            .map(|_| scope.spawn(|| create(&api, "one", &body).status))
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert_eq!(keys(&app), 1, "{statuses:?}");
    assert!(
        statuses.iter().all(|status| [201, 409].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(create(&api, "one", &body).status, 201);
}

#[test]
fn after_a_day_it_is_forgotten() {
    let app = TestApp::start();
    create(&app.owners_program(), "one", &json!({"name": "A"}));
    app.clock.advance(Duration::hours(25));
    let forgotten = "SELECT count(*) AS number FROM idempotent_calls";
    crate::app::eventually(|| (app.database.number(forgotten) == 0).then_some(()));
    assert_eq!(
        create(&app.owners_program(), "one", &json!({"name": "A"})).status,
        201
    );
    assert_eq!(keys(&app), 2);
}
