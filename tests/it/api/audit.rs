//! The audit log over the management API: filters, single entries, the chain, and exports.

use std::time::Duration;

use keyward::records::Role;
use serde_json::{Value, json};

use crate::app::{Api, TestApp};

fn actions(api: &Api, query: &str) -> Vec<String> {
    let answer = api.get(&format!("/audit?{query}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let entries = answer.json()["value"].as_array().unwrap().clone();
    let action = |entry: &Value| entry["action"].as_str().unwrap().to_owned();
    entries.iter().map(action).collect()
}

#[test]
fn the_log_is_filtered_as_on_the_page() {
    let app = TestApp::start();
    let api = app.owners_program();
    let owner = app.owner();
    let id = owner.create_key(&[("label", "Checkout service")]);
    owner.create_key(&[("label", "Billing")]);
    owner.revoke(id);
    let today = app.clock.now().date();
    assert!(actions(&api, "").contains(&"session.started".to_owned()));
    assert_eq!(
        actions(&api, &format!("key={id}")),
        ["key.revoked", "key.created"]
    );
    assert_eq!(actions(&api, "q=check&action=key.created"), ["key.created"]);
    assert_eq!(actions(&api, "action=keys").len(), 3);
    assert!(
        actions(&api, "action=sign_ins")
            .iter()
            .all(|action| action == "session.started")
    );
    assert_eq!(
        actions(&api, &format!("from={today}&until={today}&action=keys")).len(),
        3
    );
    assert!(actions(&api, "until=2020-01-01").is_empty());
    // A cursor goes on where the page ended, with the same filter alone.
    let first = api.get("/audit?action=keys&limit=2").json();
    let next = first["supplemental"]["pagination"]["next"]
        .as_str()
        .unwrap();
    assert_eq!(
        actions(&api, &format!("action=keys&limit=2&after={next}")),
        ["key.created"]
    );
    assert_eq!(api.get(&format!("/audit?limit=2&after={next}")).status, 400);
    // Positions work as well.
    assert_eq!(actions(&api, "action=keys&start=1").len(), 2);
    let wrong = api.get("/audit?from=yesterday&action=Nothing&project=nope");
    assert_eq!(wrong.wrong_fields(), ["from", "action", "project"]);
}

#[test]
fn an_entry_has_its_place_in_the_chain() {
    let app = TestApp::start();
    let api = app.owners_program();
    app.owner().create_key(&[]);
    let last = app.audit_entries();
    let entry = api.get(&format!("/audit/{last}")).json()["data"].clone();
    let before = api.get(&format!("/audit/{}", last - 1)).json()["data"].clone();
    assert_eq!(entry["previous_hash"], before["hash"]);
    assert_eq!(entry["action"], "key.created");
    assert!(entry["user_agent"].is_null() || entry["user_agent"].is_string());
    assert!(entry["request_id"].is_string());
    let chain = api.get("/audit/chain").json()["data"].clone();
    assert_eq!(chain["last_entry"], last);
    assert_eq!(chain["hash"], entry["hash"]);
    assert_eq!(chain["broken_at"], Value::Null);
    let key = chain["public_key"].as_str().unwrap();
    assert!(key.starts_with("keyward-"), "{key}");
}

#[test]
fn an_auditor_of_one_project_exports_its_entries_alone() {
    let app = TestApp::start();
    app.other_project();
    app.owner().create_key(&[("label", "Own")]);
    let auditor = app.program_of(Role::Auditor);
    let export = auditor.post("/audit/export", &json!({"format": "jsonl"}));
    assert_eq!(export.status, 200);
    let lines: Vec<Value> = export
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["export"]["filter"]["project"], "default");
    assert!(lines.last().unwrap()["end"]["note"].is_string());
    let entries = &lines[1..lines.len() - 1];
    assert!(entries.iter().all(|line| line["project"] == "default"));
    assert!(export.body.contains("Own") && !export.body.contains("Foreign"));
    let last = &entries[entries.len() - 1]["entry"];
    assert_eq!(last["action"], "audit.exported");
    assert_eq!(last["actor"], "auditor@example.com");
    let support = app.program_of(Role::Support);
    assert_eq!(
        support
            .post("/audit/export", &json!({"format": "csv"}))
            .status,
        403
    );
    let foreign = json!({"format": "csv", "project": "other"});
    assert_eq!(
        auditor.post("/audit/export", &foreign).wrong_fields(),
        ["project"]
    );
}

#[test]
fn an_export_that_breaks_off_is_not_taken_for_a_whole() {
    use std::io::{Read, Write};

    let app = TestApp::start();
    let api = app.owners_program();
    let mut conn = app.database.connect();
    let actor = keyward::access::Actor::service();
    for number in 0..6_000 {
        let subject = format!("Thing {number} {}", "x".repeat(1_500));
        let entry = keyward::db::NewEntry::new(&actor, app.clock.now(), "key.edited", subject);
        keyward::db::note(&mut conn, entry).unwrap();
    }
    let mut stream = std::net::TcpStream::connect(app.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let body = r#"{"format": "jsonl"}"#;
    write!(
        stream,
        "POST /api/v1/audit/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        api.token,
        body.len()
    )
    .unwrap();
    let mut begun = [0; 4_096];
    stream.read_exact(&mut begun).unwrap();
    // The person is disabled while the file is sent.
    app.database
        .execute("UPDATE users SET disabled_at = created_at")
        .unwrap();
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest));
    let text = String::from_utf8_lossy(&rest);
    assert!(
        !text.ends_with("0\r\n\r\n"),
        "the answer ended as if it were whole"
    );
    assert!(!text.contains("{\"end\":"));
}
