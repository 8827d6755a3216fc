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
