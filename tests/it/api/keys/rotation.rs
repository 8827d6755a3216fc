//! A key and its successor.

use serde_json::json;
use time::Duration;

use crate::app::TestApp;

#[test]
fn a_rotated_key_works_on_for_the_overlap() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, old) = api.new_key(&json!({"name": "A", "scopes": ["read:assets"]}));
    let rotated = api.post(
        &format!("/keys/{id}/rotation"),
        &json!({"overlap_seconds": 3600}),
    );
    assert_eq!(rotated.status, 201, "{}", rotated.body);
    let successor = rotated.json()["data"].clone();
    assert_eq!(
        (&successor["name"], &successor["replaces"]),
        (&json!("A"), &json!(id))
    );
    assert_eq!(successor["scopes"], json!(["read:assets"]));
    let anybody = app.anonymous();
    let new = successor["key"].as_str().unwrap();
    assert_eq!((anybody.verify(&old).0, anybody.verify(new).0), (200, 200));
    let before = api.get(&format!("/keys/{id}")).json()["data"].clone();
    assert_eq!(before["replaced_by"], successor["id"]);
    app.clock.advance(Duration::minutes(61));
    assert_eq!(anybody.verify(&old), (401, "EXPIRED".into()));
    assert_eq!(anybody.verify(new).0, 200);
    let again = app
        .owners_program()
        .post(&format!("/keys/{id}/rotation"), &json!({}));
    assert_eq!(again.status, 409);
    let path = format!("/keys/{}/rotation", successor["id"]);
    let too_long = app
        .owners_program()
        .post(&path, &json!({"overlap_seconds": 7_776_001}));
    assert_eq!(too_long.wrong_fields(), ["overlap_seconds"]);
}

#[test]
fn a_successor_lives_no_longer_than_its_project_allows() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, _) = api.new_key(&json!({"name": "A", "expires_at": null}));
    assert_eq!(
        api.patch("/projects/default", &json!({"max_lifetime_days": 30}))
            .status,
        200
    );
    let rotated = api.post(&format!("/keys/{id}/rotation"), &json!({}));
    let expires = rotated.json()["data"]["expires_at"]
        .as_str()
        .unwrap()
        .to_owned();
    let latest = keyward::clock::rfc3339(app.clock.now() + Duration::days(30));
    assert!(expires <= latest, "{expires}");
}
