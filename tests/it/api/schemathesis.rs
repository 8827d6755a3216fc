//! schemathesis sends what the OpenAPI document allows, and what it forbids, to a real instance:
//! no answer may be a failure of ours, nor one that is not in the document.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::tool;
use crate::app::{Api, EVERY_PERMISSION, TestApp};

/// `DELETE` revokes keys and tokens, and their records stay.
const REVOKED_STAYS_READABLE: &[&str] = &["--exclude-checks", "use_after_free"];

/// Runs it over the operations that `selection` picks, on an instance with a few things in it.
fn run(selection: &[&str], program: impl FnOnce(&Api) -> Api) {
    let app = TestApp::start();
    let owner = app.owners_program();
    // So that the token in use is not the first, which it tries to revoke.
    for _ in 0..3 {
        owner.with_token(&EVERY_PERMISSION, None);
    }
    for name in ["Checkout", "Backend"] {
        owner.new_key(&json!({"name": name, "scopes": ["read:assets"]}));
    }
    let bearer = program(&owner);
    let folder = app.database.folder();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis.toml");
    let out = Command::new(tool("schemathesis"))
        .arg("--config-file")
        .arg(config)
        .arg("run")
        .arg(format!("{}/api/v1/openapi.json", app.url))
        .args([
            "--header",
            &format!("Authorization: Bearer {}", bearer.token),
        ])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--checks", "all", "--max-examples", "25", "--seed", "1"])
        .args(["--no-shrink", "--continue-on-failure", "--warnings", "off"])
        .args(selection)
        .current_dir(folder)
        .env("no_proxy", "*")
        .output()
        .expect("tests/run installs it");
    let report = String::from_utf8_lossy(&out.stdout);
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{report}{errors}");
    assert!(report.contains("passed"), "it tested nothing: {report}");
}

fn with_token(owner: &Api) -> Api {
    owner.with_token(&EVERY_PERMISSION, None)
}

#[test]
fn schemathesis_finds_nothing_among_keys() {
    let tags = ["--include-tag", "keys"];
    run(&[&tags, REVOKED_STAYS_READABLE].concat(), with_token);
}

#[test]
fn schemathesis_finds_nothing_among_projects_and_scopes() {
    let tags = ["--include-tag", "projects", "--include-tag", "scopes"];
    run(&tags, with_token);
}

#[test]
fn schemathesis_finds_nothing_among_people_and_grants() {
    run(
        &["--include-tag", "users", "--include-tag", "grants"],
        with_token,
    );
}

#[test]
fn schemathesis_finds_nothing_among_tokens_and_in_the_log() {
    let tags = ["--include-tag", "tokens", "--include-tag", "audit"];
    run(&[&tags, REVOKED_STAYS_READABLE].concat(), with_token);
}

#[test]
fn schemathesis_finds_nothing_at_signing_in_and_in_the_account() {
    run(&["--include-tag", "session"], Api::clone);
    // One by one, since some end the token they are called with.
    for path in [
        "/account",
        "/account/password",
        "/account/sessions",
        "/account/sessions/{id}",
    ] {
        run(&["--include-path", path], Api::clone);
    }
}
