//! `keyward projects`.

use serde_json::{Value, json};

use super::{json_lines, run_on, told};
use crate::app::TestApp;

const CREATE: [&str; 7] = [
    "projects", "create", "shop", "--name", "Shop", "--start", "shp",
];

#[test]
fn projects_are_created_and_listed() {
    let app = TestApp::start();
    let all = [&CREATE[..], &["--catalogue", "streaming", "--json"]].concat();
    let created = json_lines(&run_on(&app, &all));
    assert_eq!(created.len(), 1);
    let shop = &created[0];
    assert_eq!(shop["slug"], "shop");
    assert_eq!(shop["name"], "Shop");
    assert_eq!(shop["key_start"], "shp");
    assert_eq!(shop["environments"], json!(["live", "test"]));
    assert_eq!(shop["key_count"], 0);
    assert_eq!(shop["rate_limit"], Value::Null);
    assert_eq!(shop["archived_at"], Value::Null);
    let hook = [
        "projects",
        "create",
        "hook",
        "--name",
        "Web hooks",
        "--start",
        "hk",
        "--one-environment",
    ];
    assert_eq!(
        told(&run_on(&app, &hook)),
        (0, "Created the project hook.\n".into())
    );
    let listed = json_lines(&run_on(&app, &["projects", "list", "--json"]));
    let slugs: Vec<&str> = listed
        .iter()
        .map(|project| project["slug"].as_str().unwrap())
        .collect();
    assert_eq!(slugs, ["default", "shop", "hook"]);
    assert_eq!(listed[2]["environments"], json!(["live"]));
    let id = app
        .owner()
        .create_key_in("shop", &[("scopes", "streams:write")]);
    assert!(id > 0, "the scope template is there");
    let (code, text) = told(&run_on(&app, &["projects", "list"]));
    assert_eq!((code, text.lines().count()), (0, 3));
}

#[test]
fn wrong_fields_of_a_project_are_named() {
    let app = TestApp::start();
    let wrong = [
        "projects", "create", "My Shop", "--name", "", "--start", "SHOP",
    ];
    let (code, text) = told(&run_on(&app, &wrong));
    assert_eq!(code, 1);
    for field in ["slug: ", "name: ", "key start: "] {
        assert!(text.lines().any(|line| line.starts_with(field)), "{text}");
    }
    assert!(run_on(&app, &CREATE).status.success());
    let (code, text) = told(&run_on(&app, &CREATE));
    assert_eq!(code, 1);
    assert!(text.contains("This slug is already in use"), "{text}");
}

#[test]
fn an_archived_project_ends_its_keys() {
    let app = TestApp::start();
    assert!(run_on(&app, &CREATE).status.success());
    let id = app.owner().create_key_in("shop", &[("scopes", "*")]);
    let archive = |name: &str| {
        run_on(
            &app,
            &["projects", "archive", "shop", "--name", name, "--json"],
        )
    };
    assert_eq!(told(&archive("Default")).0, 1);
    let archived = json_lines(&archive("Shop"));
    assert_eq!(archived[0]["archived_by"], "command line");
    assert!(archived[0]["archived_at"].is_string());
    assert_eq!(archived[0]["key_count"], 1);
    let (code, text) = told(&archive("Shop"));
    assert_eq!(code, 1);
    assert!(text.contains("already archived"), "{text}");
    let keys = ["keys", "list", "--project", "shop", "--json"];
    let keys = json_lines(&run_on(&app, &keys));
    assert_eq!(keys[0]["id"], id);
    assert_eq!(keys[0]["is_active"], false);
    assert_eq!(keys[0]["state"], "revoked");
    assert_eq!(keys[0]["revoked_at"], Value::Null);
    let unknown = run_on(&app, &["projects", "archive", "nope", "--name", "Nope"]);
    assert_eq!(told(&unknown), (1, "There is no project nope.\n".into()));
}
