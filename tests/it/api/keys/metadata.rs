//! What a key carries for the service behind it.

use serde_json::{Map, Value, json};

use crate::app::TestApp;
use crate::pages::audit::rows;

#[test]
fn metadata_is_written_merged_and_taken_out() {
    let app = TestApp::start();
    let api = app.owners_program();
    let new =
        json!({"name": "A", "metadata": {"plan": "pro", "limits": {"seats": 5, "beta": true}}});
    let created = api.post("/keys", &new).json()["data"].clone();
    assert_eq!(created["metadata"], new["metadata"]);
    let path = format!("/keys/{}", created["id"]);
    let patched = |metadata: Value| {
        let answer = api.patch(&path, &json!({"metadata": metadata}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["data"]["metadata"].clone()
    };
    let merged = patched(json!({"plan": null, "limits": {"seats": 6}, "region": "eu"}));
    let expected = json!({"limits": {"seats": 6, "beta": true}, "region": "eu"});
    assert_eq!(merged, expected);
    let rotated = api.post(&format!("{path}/rotation"), &json!({})).json();
    assert_eq!(rotated["data"]["metadata"], expected);
    assert_eq!(patched(Value::Null), json!({}));
    let told = rows(&app.owner().get("/audit?action=key.edited"));
    assert!(told[0].contains("Metadata: "), "{told:?}");
    let plain = api.post("/keys", &json!({"name": "B"})).json();
    assert_eq!(plain["data"]["metadata"], json!({}));
}

#[test]
fn metadata_is_small() {
    let app = TestApp::start();
    let api = app.owners_program();
    let with = |metadata: Value| api.post("/keys", &json!({"name": "A", "metadata": metadata}));
    let members = |number: usize| -> Value {
        let all = (0..number).map(|n| (format!("m{n}"), json!(n)));
        Value::Object(Map::from_iter(all))
    };
    assert_eq!(with(members(50)).status, 201);
    assert_eq!(with(members(51)).wrong_fields(), ["metadata"]);
    // With the braces, the quotes and the name.
    assert_eq!(with(json!({"x": "y".repeat(4_096 - 8)})).status, 201);
    assert_eq!(
        with(json!({"x": "y".repeat(4_096 - 7)})).wrong_fields(),
        ["metadata"]
    );
    for wrong in [json!("text"), json!(["list"]), json!(5)] {
        assert_eq!(with(wrong).status, 422);
    }
    assert_eq!(with(json!({"nul\u{0}": "\u{0}"})).status, 201);
}

#[test]
fn the_form_edits_metadata_as_json() {
    let app = TestApp::start();
    let owner = app.owner();
    let new = [
        ("label", "A"),
        ("scopes", "read:assets"),
        ("environment", "live"),
        ("expires", "never"),
        ("owner", "owner@example.com"),
        ("metadata", "{\"plan\": \"pro\"}"),
    ];
    let created = owner.post("/projects/default/keys", &new);
    assert_eq!(created.status, 303, "{}", created.text("body"));
    let page = owner.get("/projects/default/keys/1");
    assert!(
        page.texts(".facts dd")
            .iter()
            .any(|text| text.contains("\"plan\": \"pro\""))
    );
    let edit = owner.get("/projects/default/keys/1/edit");
    assert_eq!(edit.value("owner"), "owner@example.com");
    assert!(edit.text("body").contains("\"plan\": \"pro\""));
    let mut wrong = new;
    wrong[5].1 = "plan: pro";
    let refused = owner.post("/projects/default/keys", &wrong);
    assert_eq!(refused.status, 422);
    assert!(refused.text("body").contains("Write a JSON object"));
    assert!(refused.text("body").contains("plan: pro"));
}
