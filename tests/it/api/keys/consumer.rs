//! Who calls with a key: set, changed, cleared, found, passed on, and written down.

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::pages::audit::rows;

#[test]
fn a_consumer_is_set_changed_and_cleared() {
    let app = TestApp::start();
    let api = app.owners_program();
    let new = json!({"name": "Feed", "consumer": "  tenant-42 "});
    let created = api.post("/projects/default/keys", &new).json()["data"].clone();
    assert_eq!(created["consumer"], "tenant-42");
    let secret = created["key"].as_str().unwrap().to_owned();
    let path = format!("/projects/default/keys/{}", created["id"]);
    let verdict = || {
        let asked = json!({"key": secret});
        api.post("/keys/verify", &asked).json()["data"]["consumer"].clone()
    };
    assert_eq!(verdict(), "tenant-42");
    let changed = api.patch(&path, &json!({"consumer": "tenant-43"}));
    assert_eq!(changed.json()["data"]["consumer"], "tenant-43");
    assert_eq!(verdict(), "tenant-43");
    // Another field leaves it.
    api.patch(&path, &json!({"name": "Feed 2"}));
    assert_eq!(verdict(), "tenant-43");
    assert_eq!(api.patch(&path, &json!({"consumer": null})).status, 200);
    assert_eq!(verdict(), Value::Null);
    let too_long = api.patch(&path, &json!({"consumer": "x".repeat(256)}));
    assert_eq!(too_long.wrong_fields(), ["consumer"]);
    let bidi = api.patch(&path, &json!({"consumer": "a\u{202E}b"}));
    assert_eq!(bidi.wrong_fields(), ["consumer"]);
    // What happened to keys of a consumer, as it was then.
    let of_tenant = api.get("/audit?consumer=tenant-42").json()["value"].clone();
    let actions = of_tenant.as_array().unwrap().iter();
    let actions: Vec<&str> = actions
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["key.edited", "key.created"]);
    assert_eq!(rows(&app.owner().get("/audit?consumer=tenant-4")).len(), 0);
    // The log has each change with what was before.
    let told = rows(&app.owner().get("/audit?action=key.edited"));
    assert!(told[0].ends_with("Consumer: tenant-43 → none"), "{told:?}");
    assert!(
        told[2].ends_with("Consumer: tenant-42 → tenant-43"),
        "{told:?}"
    );
}

#[test]
fn keys_are_found_by_their_consumer() {
    let app = TestApp::start();
    let api = app.owners_program();
    for (name, consumer) in [
        ("A", "tenant-42"),
        ("B", "tenant-420"),
        ("C", "tenant-42"),
        ("D", ""),
    ] {
        api.post(
            "/projects/default/keys",
            &json!({"name": name, "consumer": consumer}),
        );
    }
    let names = |query: &str| -> Vec<String> {
        let found = api
            .get(&format!("/projects/default/keys?sort=name&{query}"))
            .json();
        let keys = found["value"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("consumer=tenant-42"), ["A", "C"]);
    assert_eq!(names("consumer=tenant"), [""; 0]);
    assert_eq!(names("q=tenant-42"), ["A", "B", "C"]);
    assert_eq!(names("q=420"), ["B"]);
    let list = app.owner().get("/projects/default/keys?q=tenant-420");
    assert_eq!(list.texts("td.name .label"), ["B"]);
}

#[test]
fn a_successor_has_the_same_consumer() {
    let app = TestApp::start();
    let api = app.owners_program();
    let new = json!({"name": "Feed", "consumer": "tenant-42"});
    let id = api.post("/keys", &new).json()["data"]["id"].clone();
    let rotated = api.post(&format!("/keys/{id}/rotation"), &json!({}));
    assert_eq!(rotated.json()["data"]["consumer"], "tenant-42");
    let page = app.owner().get("/projects/default/keys/2");
    assert!(page.texts(".facts dd").contains(&"tenant-42".to_owned()));
    // The form keeps it, and clears it.
    let edit = app.owner().get("/projects/default/keys/2/edit");
    assert_eq!(edit.value("consumer"), "tenant-42");
}
