//! A client written with another language's ordinary tools.

use std::path::Path;
use std::process::Command;

use super::tool;
use crate::app::TestApp;

#[test]
fn a_python_client_walks_from_creation_to_revocation() {
    let app = TestApp::start();
    let owner = app.owners_program();
    let program = owner.with_token(&["keys:read", "keys:create", "keys:revoke"], None);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/client.py");
    let out = Command::new(tool("python"))
        .arg(script)
        .env("KEYWARD_URL", &app.url)
        .env("KEYWARD_TOKEN", &program.token)
        .env("no_proxy", "*")
        .output()
        .expect("tests/run installs it");
    let printed = String::from_utf8_lossy(&out.stdout);
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{printed}{errors}");
    let lines: Vec<&str> = printed.lines().collect();
    let expected = [
        "created 7 keys",
        "listed 7 keys on 3 pages",
        "rotated key 1: both work",
        "revoked key 1: REVOKED",
        "its successor goes on: VALID",
    ];
    assert_eq!(lines, expected);
}
