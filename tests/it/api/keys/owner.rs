//! Who answers for a key: at first, changed, cleared, handed over, gone, found, and written down.

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::cli::import::{import, line};
use crate::pages::audit::rows;

const ADMIN: &str = "admin@example.com";
const VIEWER: &str = "viewer@example.com";

/// With an admin and a viewer.
fn start() -> TestApp {
    let app = TestApp::start();
    let api = app.owners_program();
    for (email, role) in [(ADMIN, "admin"), (VIEWER, "viewer")] {
        let invited = api.post("/users", &json!({"email": email, "role": role}));
        assert_eq!(invited.status, 201, "{}", invited.body);
    }
    app
}

#[test]
fn the_creator_answers_for_a_key_until_somebody_else_does() {
    let app = start();
    let api = app.owners_program();
    let created = api.post("/keys", &json!({"name": "A"})).json()["data"].clone();
    assert_eq!(created["owner"], "owner@example.com");
    let path = format!("/keys/{}", created["id"]);
    let set = |owner: Value| api.patch(&path, &json!({"owner": owner}));
    let handed = set(json!(" Viewer@example.com ")).json()["data"].clone();
    assert_eq!(handed["owner"], VIEWER);
    assert_eq!(handed["created_by"], "owner@example.com");
    // Another field leaves it, and a successor has it.
    api.patch(&path, &json!({"name": "B"}));
    let rotated = api.post(&format!("{path}/rotation"), &json!({})).json();
    assert_eq!(rotated["data"]["owner"], VIEWER);
    assert_eq!(set(Value::Null).json()["data"]["owner"], Value::Null);
    for wrong in ["stranger@example.com", "ana"] {
        assert_eq!(set(json!(wrong)).wrong_fields(), ["owner"]);
    }
    let told = rows(&app.owner().get("/audit?action=key.edited"));
    assert!(
        told[0].ends_with("Owner: viewer@example.com → none"),
        "{told:?}"
    );
    let given = api.post("/keys", &json!({"name": "C", "owner": ADMIN}));
    assert_eq!(given.json()["data"]["owner"], ADMIN);
    let nobodys = api.post("/keys", &json!({"name": "D", "owner": null}));
    assert_eq!(nobodys.json()["data"]["owner"], Value::Null);
}

#[test]
fn only_somebody_with_a_role_in_the_project_answers_for_its_keys() {
    let app = TestApp::start();
    let api = app.owners_program();
    api.post(
        "/projects",
        &json!({"slug": "other", "name": "Other", "key_start": "ot"}),
    );
    let invited = api.post(
        "/users",
        &json!({"email": ADMIN, "role": "admin", "project": "other"}),
    );
    assert_eq!(invited.status, 201, "{}", invited.body);
    let new = json!({"name": "A", "owner": ADMIN});
    assert_eq!(
        api.post("/projects/default/keys", &new).wrong_fields(),
        ["owner"]
    );
    assert_eq!(api.post("/projects/other/keys", &new).status, 201);
}

#[test]
fn keys_whose_owner_is_gone_are_orphaned_and_need_somebody() {
    let app = start();
    let api = app.owners_program();
    for (name, owner) in [
        ("A", ADMIN),
        ("B", ADMIN),
        ("C", VIEWER),
        ("D", "owner@example.com"),
    ] {
        api.post("/keys", &json!({"name": name, "owner": owner}));
    }
    let names = |query: &str| -> Vec<String> {
        let found = api.get(&format!("/keys?sort=name&{query}")).json();
        let keys = found["value"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("owner=admin@example.com"), ["A", "B"]);
    assert_eq!(names("q=admin@example"), ["A", "B"]);
    assert_eq!(names("state=orphaned"), [""; 0]);
    let people = api.get("/users").json()["value"].clone();
    let id = |email: &str| {
        let mut all = people.as_array().unwrap().iter();
        all.find(|user| user["email"] == email).unwrap()["id"].clone()
    };
    api.patch(&format!("/users/{}", id(ADMIN)), &json!({"disabled": true}));
    assert_eq!(names("state=orphaned"), ["A", "B"]);
    let taken = api.delete(&format!("/grants/{}", id(VIEWER)));
    assert_eq!(taken.status, 204, "{}", taken.body);
    assert_eq!(names("state=orphaned"), ["A", "B", "C"]);
    assert_eq!(names("state=attention"), ["A", "B", "C"]);
    let owner = app.owner();
    let list = owner.get("/projects/default/keys?state=orphaned&sort=label");
    assert_eq!(list.texts("td.name .label"), ["A", "B", "C"]);
    assert!(owner.get("/").text("body").contains("Its owner is gone"));
    assert!(
        owner
            .get("/projects/default/keys/1")
            .text("body")
            .contains("hand the key over")
    );
    // Ended keys need nobody.
    api.delete("/keys/1");
    assert_eq!(names("state=orphaned"), ["B", "C"]);
    let page = owner.get("/keys/handover?id=2&id=3&back=%2Fkeys");
    assert_eq!(page.texts("h1"), ["Hand over 2 keys"]);
    let fields = [
        ("id", "2"),
        ("id", "3"),
        ("back", "/keys"),
        ("owner", "owner@example.com"),
    ];
    let done = owner.post("/keys/handover", &fields);
    assert_eq!(done.location(), "/keys?done=handed-over&keys=2");
    assert_eq!(names("state=orphaned"), [""; 0]);
    assert_eq!(names("owner=owner@example.com"), ["B", "C", "D"]);
    let wrong = owner.post("/keys/handover", &[("id", "2"), ("owner", ADMIN)]);
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text("body").contains("somebody who has a role"),
        "{}",
        wrong.text("body")
    );
    let missing = owner.post("/keys/handover", &[("id", "2")]);
    assert_eq!(missing.status, 422);
}

#[test]
fn imported_keys_have_the_owner_and_metadata_of_their_lines() {
    let app = start();
    let mut full = line("one");
    full["owner"] = json!(ADMIN);
    full["metadata"] = json!({"plan": "pro"});
    let done = import(&app, &[full.clone(), line("two")], &["--json"]);
    assert!(done.status.success(), "{done:?}");
    let api = app.owners_program();
    let first = api.get("/keys/1").json()["data"].clone();
    assert_eq!(
        (&first["owner"], &first["metadata"]),
        (&full["owner"], &full["metadata"])
    );
    assert_eq!(api.get("/keys/2").json()["data"]["owner"], Value::Null);
    full["owner"] = json!("stranger@example.com");
    full["metadata"] = json!({"plan": "free"});
    let done = import(&app, &[full], &[]);
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(
        told.contains("owner: Enter the email of somebody"),
        "{told}"
    );
}
