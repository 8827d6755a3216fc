//! `keyward config`.

use super::told;
use crate::program::{command, run};

#[test]
fn the_settings_in_force_are_shown_with_their_source_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keyward.toml"), "workers = 3\n").unwrap();
    let mut shown = command(folder.path(), &["config"]);
    let shown = shown
        .env("DATABASE_URL", "postgres://ana:s3cret@db.example.com/keys")
        .env(
            "KEYWARD_SECRET",
            "a very secret secret, long enough to count",
        );
    let (code, text) = told(&shown.output().unwrap());
    assert_eq!(code, 0);
    assert!(!text.contains("s3cret") && !text.contains("very secret"));
    let row = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("workers"), "workers 3 keyward.toml");
    assert_eq!(row("listen"), "listen 127.0.0.1:8080 default");
    assert_eq!(
        row("database_url"),
        "database_url postgres://db.example.com/keys DATABASE_URL"
    );
    assert_eq!(row("secret"), "secret (hidden) KEYWARD_SECRET");
    assert_eq!(row("public_url"), "public_url – not set");
    let json = run(folder.path(), &["config", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["workers"]["value"], "3");
}

#[test]
fn a_wrong_database_url_is_one_sentence_without_any_part_of_the_password() {
    let folder = tempfile::tempdir().unwrap();
    for url in [
        "postgres://ana:canary@tail-canary@127.0.0.1:1/keys",
        "postgres://ana:canary/tail-canary@127.0.0.1:1/keys",
        "postgres://ana:canary%zz@127.0.0.1:1/keys",
        "postgres://ana:canary\n@127.0.0.1:1/keys",
        "postgres://ana:canary",
        "postgres://ana:canary@127.0.0.1:1/keys?canary",
        "postgres://ana:canary@127.0.0.1:1/keys?",
    ] {
        for arguments in [&["serve"][..], &["config"], &["users", "list"]] {
            let mut program = command(folder.path(), arguments);
            program.env("DATABASE_URL", url).env("KEYWARD_LOG", "trace");
            program.env("KEYWARD_SECRET", "s".repeat(40));
            let (_, text) = told(&program.output().unwrap());
            assert!(!text.contains("canary"), "{arguments:?} {url}: {text}");
            assert!(!text.trim().is_empty());
        }
    }
}

#[test]
fn the_public_url_is_shown_as_browsers_write_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = command(folder.path(), &["config", "--json"]);
    shown.env("KEYWARD_PUBLIC_URL", "HTTP://Keys.Example.com:80/\n");
    shown.env("KEYWARD_WORKERS", "");
    let json: serde_json::Value = serde_json::from_slice(&shown.output().unwrap().stdout).unwrap();
    assert_eq!(json["public_url"]["value"], "http://keys.example.com");
    assert_eq!(json["workers"]["source"], "default");
}
