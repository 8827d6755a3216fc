use keyward::records::Role;
use serde_json::Value;
use time::Duration;

use crate::app::TestApp;
use crate::pages::audit::rows;

/// The labels in a file of CSV.
fn labels(csv: &str) -> Vec<&str> {
    let lines = csv.split("\r\n").skip(1).filter(|line| !line.is_empty());
    lines.map(|line| line.split(',').nth(1).unwrap()).collect()
}

#[test]
fn keys_that_can_write_and_were_not_used_are_a_file_in_five_actions() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[
        ("label", "Old writer"),
        ("scopes", "write:assets"),
        ("expires", "never"),
    ]);
    owner.create_key(&[
        ("label", "Old reader"),
        ("scopes", "read:assets"),
        ("expires", "never"),
    ]);
    owner.create_key(&[
        ("label", "Everything"),
        ("scopes", "*"),
        ("expires", "never"),
    ]);
    app.clock.advance(Duration::days(100));
    let owner = app.owner();
    owner.create_key(&[("label", "New writer"), ("scopes", "write:assets")]);
    // Keys, the scope, the days, and the link.
    let list = owner.get("/projects/default/keys?scope=write:assets&unused=90");
    let link = list.links("#results a");
    let link = link.iter().find(|link| link.contains("/export")).unwrap();
    let page = owner.get(link);
    assert_eq!(page.texts(".facts dd"), ["write:assets", "90"]);
    // The button.
    let fields = [
        ("format", "csv"),
        ("scope", "write:assets"),
        ("unused", "90"),
    ];
    let file = owner.post("/projects/default/keys/export", &fields);
    assert_eq!(file.status, 200);
    assert!(file.header("content-disposition").contains("keyward-keys-"));
    assert!(file.body.starts_with(
        "id,name,key_prefix,project,environment,scopes,consumer,metadata,owner,state"
    ));
    assert_eq!(labels(&file.body), ["Old writer", "Everything"]);
    let told = &rows(&owner.get("/audit"))[0];
    assert!(
        told.starts_with("owner@example.com exported keys of Default"),
        "{told}"
    );
    assert!(
        told.contains("scope: write:assets") && told.contains("unused: 90"),
        "{told}"
    );
}

#[test]
fn the_keys_of_all_projects_are_in_one_file() {
    let app = TestApp::start();
    app.other_project();
    let owner = app.owner();
    for number in 0..3 {
        owner.create_key(&[("label", &format!("Own {number}"))]);
    }
    let file = owner.post("/keys/export", &[("format", "jsonl")]);
    let keys: Vec<Value> = file
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| key.get("key").is_none()));
    assert_eq!(keys[3]["project"], "other");
    // An auditor of one project gets that one.
    let auditor = app.person(Role::Auditor);
    let file = auditor.post("/keys/export", &[("format", "csv")]);
    assert_eq!(labels(&file.body), ["Own 0", "Own 1", "Own 2"]);
    assert_eq!(app.person(Role::Support).get("/keys/export").status, 403);
}

#[test]
fn a_secret_in_the_filter_is_not_written_down() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("label", "Checkout")]);
    for path in ["/projects/default/keys/export", "/keys/export"] {
        let page = owner.get(&format!("{path}?q={secret}"));
        assert!(!page.body.contains(&secret), "{path}");
        let file = owner.post(path, &[("format", "csv"), ("q", &secret)]);
        assert_eq!(labels(&file.body), ["Checkout"], "{path}");
    }
    assert!(!owner.get("/audit?action=all").body.contains(&secret));
}

#[test]
fn more_keys_than_a_piece_holds_are_all_there_once() {
    let app = TestApp::start();
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1203)
        INSERT INTO keys (project_id, digest, prefix, label, label_folded, environment, scopes,
          expires_at, allowed_ips, created_at, created_by, quiet_since)
        SELECT 1, CAST('digest' || i AS BYTES), 'mk_live_' || i, 'Key ' || i, 'key ' || i, 'live', '*',
          '9999-12-31 00:00:00', '', '2026-01-01 00:00:00', 'x', '2026-01-01 00:00:00' FROM n";
    let bytes = match app.database.is_postgres() {
        true => "BYTEA",
        false => "BLOB",
    };
    app.database
        .execute(&insert.replace("BYTES", bytes))
        .unwrap();
    let file = app
        .owner()
        .post("/projects/default/keys/export", &[("format", "csv")]);
    let mut labels = labels(&file.body);
    assert_eq!(labels.len(), 1_203);
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), 1_203);
}
