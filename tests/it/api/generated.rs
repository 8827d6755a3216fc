//! What other people's tools make of the OpenAPI document: linters find no error in it, and the
//! clients that generators write from it work.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::tool;
use crate::app::TestApp;

/// A folder with the document as an instance serves it, in `openapi.json`.
fn document() -> TempDir {
    let folder = TempDir::new().unwrap();
    let document = keyward::web::api::openapi::json();
    std::fs::write(folder.path().join("openapi.json"), document).unwrap();
    folder
}

fn tests(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(path)
}

/// A program from npm, which `tests/run` installs.
fn from_npm(name: &str) -> Command {
    let mut command = Command::new(tests("node_modules/.bin").join(name));
    command.env("CI", "1").env("REDOCLY_TELEMETRY", "off");
    command
}

/// What it prints; it must succeed.
fn run(command: &mut Command, folder: &Path) -> String {
    let out = command.current_dir(folder).output();
    let out = out.expect("tests/run installs it");
    let printed = String::from_utf8_lossy(&out.stdout).into_owned();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}: {printed}{errors}");
    printed
}

#[test]
fn spectral_finds_no_error() {
    let folder = document();
    let rules = "extends: ['spectral:oas']\n";
    std::fs::write(folder.path().join(".spectral.yaml"), rules).unwrap();
    let mut lint = from_npm("spectral");
    let report = run(lint.args(["lint", "openapi.json"]), folder.path());
    assert!(
        report.contains("0 errors") || report.contains("No results"),
        "{report}"
    );
}

#[test]
fn redocly_finds_neither_error_nor_warning() {
    let folder = document();
    let mut lint = from_npm("redocly");
    lint.args(["lint", "--format=json", "openapi.json"]);
    let report = run(&mut lint, folder.path());
    let report: serde_json::Value = serde_json::from_str(&report).expect("a report as JSON");
    assert_eq!(report["totals"]["errors"], 0, "{report:#}");
    assert_eq!(report["totals"]["warnings"], 0, "{report:#}");
}

#[test]
fn a_generated_python_client_walks_from_creation_to_revocation() {
    let app = TestApp::start();
    let program = app
        .owners_program()
        .with_token(&["keys:read", "keys:create", "keys:revoke"], None);
    let folder = document();
    let mut generate = Command::new(tool("openapi-python-client"));
    generate.args(["generate", "--path", "openapi.json", "--meta", "none"]);
    generate.args(["--output-path", "keyward_client", "--fail-on-warning"]);
    // It formats what it wrote with a program that lies beside it.
    let path = std::env::var("PATH").unwrap_or_default();
    let beside = tool("openapi-python-client");
    let beside = beside.parent().expect("a folder").display();
    run(
        generate.env("PATH", format!("{beside}:{path}")),
        folder.path(),
    );
    let mut walk = Command::new(tool("python"));
    walk.arg(tests("clients/walk.py"))
        .env("PYTHONPATH", folder.path())
        .env("KEYWARD_URL", &app.url)
        .env("KEYWARD_TOKEN", &program.token)
        .env("no_proxy", "*");
    let printed = run(&mut walk, folder.path());
    let expected = [
        "created Checkout",
        "listed ['Checkout'] 1",
        "rotated VALID VALID",
        "revoked revoked REVOKED",
        "refused INVALID ['name', 'scopes']",
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_generated_typescript_client_compiles() {
    let folder = document();
    let mut generate = from_npm("openapi-typescript");
    generate.args(["openapi.json", "--output", "keyward.d.ts"]);
    run(&mut generate, folder.path());
    std::fs::copy(tests("clients/walk.ts"), folder.path().join("walk.ts")).unwrap();
    let modules = folder.path().join("node_modules");
    std::os::unix::fs::symlink(tests("node_modules"), modules).unwrap();
    let mut compile = from_npm("tsc");
    compile.args(["--noEmit", "--strict", "--module", "nodenext"]);
    compile.args(["--lib", "es2022,dom", "walk.ts"]);
    run(&mut compile, folder.path());
}
