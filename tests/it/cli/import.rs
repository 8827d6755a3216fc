//! `keyward keys import`.

use std::process::Output;

use keyward::clock::Clock;
use keyward_key::{Environment, KeyDigest, KeyFormat, PlainKey};
use serde_json::{Value, json};

use super::{json_lines, run_on, told};
use crate::app::{Browser, TestApp, eventually};
use crate::program::{Program, command, run_with_input};

pub(crate) fn import(app: &TestApp, lines: &[Value], arguments: &[&str]) -> Output {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    import_text(app, &lines.join("\n"), arguments)
}

fn import_text(app: &TestApp, text: &str, arguments: &[&str]) -> Output {
    let all = [
        &["keys", "import", "-", "--project", "default"][..],
        arguments,
    ]
    .concat();
    let mut command = command(app.database.folder(), &all);
    run_with_input(command.env("DATABASE_URL", &app.database.url), text)
}

/// A secret from elsewhere that has Keyward's shape.
fn old_secret() -> PlainKey {
    let format = KeyFormat {
        start: "old".into(),
        environment_segment: false,
    };
    format.generate(Environment::Live).unwrap()
}

/// A line with only what is required.
pub(crate) fn line(secret: &str) -> Value {
    let digest = KeyDigest::of(secret);
    let hex = digest.as_bytes().iter().map(|byte| format!("{byte:02x}"));
    json!({"sha256": hex.collect::<String>(), "prefix": "old_a1b2", "name": "Checkout"})
}

fn with(mut line: Value, field: &str, value: Value) -> Value {
    line[field] = value;
    line
}

#[test]
fn imported_keys_are_listed_and_pass_at_once() {
    let app = TestApp::start();
    let owner = app.owner();
    let secret = old_secret();
    let full = json!({
        "sha256": line("another-secret")["sha256"],
        "prefix": "sk_9z",
        "name": "Nightly job",
        "scopes": ["read:assets"],
        "environment": "test",
        "expires_at": "2090-01-01T00:00:00Z",
        "rate_limit": {"requests": 5, "seconds": 60},
        "allowed_ips": ["10.0.0.0/8"],
        "consumer": "tenant-42",
        "created_at": "2024-05-06T09:08:09+02:00",
    });
    let imported = import(&app, &[line(secret.expose()), full], &[]);
    assert_eq!(
        told(&imported),
        (0, "Imported 2 keys into default.\n".into())
    );
    assert_eq!(owner.verify(secret.expose()).0, 200);
    let elsewhere = (403, "IP_NOT_ALLOWED".into());
    assert_eq!(owner.verify("another-secret"), elsewhere);
    let listed = json_lines(&run_on(&app, &["keys", "list", "--json"]));
    let named = |name: &str| listed.iter().find(|key| key["name"] == name).unwrap();
    let checkout = named("Checkout");
    assert_eq!(checkout["key_prefix"], "old_a1b2");
    assert_eq!(checkout["scopes"], json!(["*"]));
    assert_eq!(checkout["environment"], "live");
    assert_eq!(checkout["expires_at"], Value::Null);
    assert_eq!(checkout["created_by"], "command line");
    let job = named("Nightly job");
    assert_eq!(job["scopes"], json!(["read:assets"]));
    assert_eq!(job["environment"], "test");
    assert_eq!(job["expires_at"], "2090-01-01T00:00:00Z");
    assert_eq!(job["rate_limit"], json!({"requests": 5, "seconds": 60}));
    assert_eq!(job["allowed_ips"], json!(["10.0.0.0/8"]));
    assert_eq!(job["consumer"], "tenant-42");
    let of_tenant = ["keys", "list", "--consumer", "tenant-42", "--json"];
    assert_eq!(json_lines(&run_on(&app, &of_tenant)).len(), 1);
    assert_eq!(job["created_at"], "2024-05-06T07:08:09Z");
}

#[test]
fn imported_keys_pass_on_an_instance_that_starts_later() {
    let app = TestApp::start();
    let imported = import(&app, &[line("legacy-secret")], &[]);
    assert!(imported.status.success(), "{imported:?}");
    let later = Program::serve(&app.database, "info");
    // At first from the database, then from memory.
    let log = app.database.folder().join("log");
    let is_loaded = || std::fs::read_to_string(&log).is_ok_and(|log| log.contains("in memory"));
    let browser = Browser::new(&later.url);
    eventually(|| {
        assert_eq!(browser.verify("legacy-secret").0, 200);
        is_loaded().then_some(())
    });
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(browser.verify("legacy-secret").0, 200);
    assert_eq!(browser.verify("legacy-secrets").0, 401);
}

#[test]
fn as_json_each_imported_key_is_a_line() {
    let app = TestApp::start();
    let imported = import(&app, &[line("one"), line("two")], &["--json"]);
    let keys = json_lines(&imported);
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key["state"] == "active"));
    assert_ne!(keys[0]["id"], keys[1]["id"]);
}

#[test]
fn a_wrong_line_means_that_nothing_is_written_and_each_is_named() {
    let app = TestApp::start();
    let (_, known) = app.owner().new_key(&[]);
    let entries = app.audit_entries();
    let good = line("one");
    let none = json!({"requests": 0, "seconds": 60});
    let lines = [
        good.to_string(),
        "oops".into(),
        json!({"sha256": "abc", "prefix": "old_a1b2", "name": ""}).to_string(),
        with(line("four"), "prefix", json!("a b c")).to_string(),
        good.to_string(),
        line(&known).to_string(),
        with(line("seven"), "scopes", json!(["delete:all"])).to_string(),
        with(line("eight"), "expires_at", json!("2020-01-01T00:00:00Z")).to_string(),
        with(line("nine"), "colour", json!("red")).to_string(),
        with(line("ten"), "rate_limit", none).to_string(),
        String::new(),
        with(line("twelve"), "created_at", json!("2999-01-01T00:00:00Z")).to_string(),
        line("thirteen").to_string(),
    ];
    let (code, text) = told(&import_text(&app, &lines.join("\n"), &[]));
    assert_eq!(code, 1);
    let expected = [
        "line 2: this is not JSON: expected value.",
        "line 3: sha256: Write the 64 hexadecimal digits of the key's SHA-256. name: Required.",
        "line 4: prefix: Use 4 to 40 visible ASCII characters, without spaces.",
        "line 5: this key is on line 1 already.",
        "line 6: this key is here already.",
        "line 7: scopes: This project has no scope delete:all.",
        "line 8: expires_at: Choose a time in the future.",
        "line 9: colour: unknown field `colour`",
        "line 10: rate_limit.requests: Enter a whole number",
        "line 12: created_at: Write a time that has passed",
        "Nothing was imported.",
    ];
    assert_eq!(text.lines().count(), expected.len(), "{text}");
    for (line, expected) in text.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    let keys = app.database.number("SELECT count(*) AS number FROM keys");
    assert_eq!(keys, 1);
    assert_eq!(app.audit_entries(), entries);
}

#[test]
fn a_revoked_key_does_not_come_back_by_an_import() {
    let app = TestApp::start();
    let secret = old_secret();
    let imported = import(&app, &[line(secret.expose())], &["--json"]);
    let id = json_lines(&imported)[0]["id"].to_string();
    assert!(run_on(&app, &["keys", "revoke", &id]).status.success());
    let again =
        "Imported 0 keys into default. 1 was there already. Revoked since, and still so: 1.\n";
    assert_eq!(
        told(&import(&app, &[line(secret.expose())], &[])),
        (0, again.into())
    );
    let verified = app.anonymous().verify(secret.expose());
    assert_eq!(verified, (401, "REVOKED".into()));
}

#[test]
fn an_import_can_be_repeated() {
    let app = TestApp::start();
    let first: Vec<Value> = (0..3).map(|n| line(&format!("secret {n}"))).collect();
    assert_eq!(
        told(&import(&app, &first, &[])),
        (0, "Imported 3 keys into default.\n".into())
    );
    let more: Vec<Value> = (0..5).map(|n| line(&format!("secret {n}"))).collect();
    assert_eq!(
        told(&import(&app, &more, &[])),
        (
            0,
            "Imported 2 keys into default. 3 were there already.\n".into()
        )
    );
    assert_eq!(json_lines(&import(&app, &more, &["--json"])).len(), 5);
    let count = "SELECT count(*) AS number FROM keys";
    assert_eq!(app.database.number(count), 5);
    // What is here otherwise is not overwritten.
    let renamed = with(line("secret 1"), "name", json!("Another"));
    let narrowed = with(line("secret 2"), "scopes", json!(["read:assets"]));
    let moved = with(line("secret 3"), "consumer", json!("tenant-42"));
    let text = told(&import(&app, &[renamed, narrowed, moved], &[]));
    assert_eq!(
        text,
        (
            1,
            "line 1: this key is here already. It differs in: name.\n\
             line 2: this key is here already. It differs in: scopes.\n\
             line 3: this key is here already. It differs in: consumer.\nNothing was imported.\n"
                .into()
        )
    );
}

/// What a key has may stay, though it could not be chosen for a new one.
#[test]
fn a_key_that_has_expired_since_its_import_is_here() {
    let app = TestApp::start();
    let soon = json!(keyward::clock::rfc3339(
        Clock::default().now() + time::Duration::SECOND
    ));
    let mut line = with(line("secret"), "expires_at", soon);
    line = with(line, "allowed_ips", json!(["10.0.0.0/8", "192.0.2.1"]));
    assert_eq!(told(&import(&app, std::slice::from_ref(&line), &[])).0, 0);
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    line = with(line, "allowed_ips", json!(["192.0.2.1", "10.0.0.0/8"]));
    let again = "Imported 0 keys into default. 1 was there already.\n";
    assert_eq!(
        told(&import(&app, std::slice::from_ref(&line), &[])),
        (0, again.into())
    );
    let late = with(
        line,
        "sha256",
        super::import::line("other")["sha256"].clone(),
    );
    let (code, text) = told(&import(&app, &[late], &[]));
    assert_eq!(code, 1);
    assert!(text.contains("expires_at: "), "{text}");
}

#[test]
fn a_null_is_named_and_long_lists_of_errors_end() {
    let app = TestApp::start();
    let nameless = with(line("secret"), "environment", Value::Null);
    let (_, text) = told(&import(&app, &[nameless], &[]));
    assert!(text.contains("environment: it can't be null."), "{text}");
    let many = vec![json!({}); 150];
    let (_, text) = told(&import(&app, &many, &[]));
    assert_eq!(text.lines().count(), 102);
    assert!(text.contains("50 more lines are wrong."), "{text}");
}

/// As after a kill: the first steps are there, and the rest follows.
#[test]
fn an_import_that_broke_off_goes_on() {
    let app = TestApp::start();
    let lines: Vec<Value> = (0..1_100).map(|n| line(&format!("secret {n}"))).collect();
    assert_eq!(told(&import(&app, &lines[..600], &[])).0, 0);
    let (code, text) = told(&import(&app, &lines, &[]));
    assert_eq!(code, 0);
    assert_eq!(
        text,
        "Imported 500 keys into default. 600 were there already.\n"
    );
    assert_eq!(app.anonymous().verify("secret 1099").0, 200);
}

#[test]
fn many_keys_are_counted_and_audited_by_the_batch() {
    let app = TestApp::start();
    let number = |sql: &str| app.database.number(sql);
    let lines: Vec<Value> = (0..501)
        .map(|n| {
            let prefix = format!("old{n:04}");
            with(line(&format!("secret {n}")), "prefix", json!(prefix))
        })
        .collect();
    assert_eq!(
        told(&import(&app, &lines, &[])),
        (0, "Imported 501 keys into default.\n".into())
    );
    assert_eq!(
        number("SELECT key_count AS number FROM projects WHERE slug = 'default'"),
        501
    );
    let entries = |rest: &str| {
        number(&format!(
            "SELECT count(*) AS number FROM audit_entries
             WHERE action = 'keys.imported' AND project_id = 1 AND details LIKE '{rest}'"
        ))
    };
    assert_eq!(entries("%"), 2);
    assert_eq!(entries("%\"count\":500%"), 1);
    assert_eq!(entries("%old0019%"), 1);
    assert_eq!(entries("%old0020%"), 0, "no entry names more than twenty");
}

#[test]
fn what_is_not_there_is_one_sentence() {
    let app = TestApp::start();
    let (code, text) = told(&run_on(
        &app,
        &["keys", "import", "no-such-file", "--project", "default"],
    ));
    assert_eq!(code, 1);
    assert!(text.starts_with("no-such-file can't be read: "), "{text}");
    let unknown = run_on(&app, &["keys", "import", "-", "--project", "nope"]);
    assert_eq!(told(&unknown), (1, "There is no project nope.\n".into()));
}
