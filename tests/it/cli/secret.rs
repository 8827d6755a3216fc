use crate::app::{Api, Browser, PASSWORD, TestApp, TestDatabase};
use crate::program::{Program, command, run};

use super::{json_lines, told};

#[test]
fn after_a_rotation_sessions_and_short_lived_tokens_go_on_for_a_day() {
    if TestDatabase::new().is_postgres() {
        return; // There the secret is a setting: the unit tests of `instance_secret` rotate it.
    }
    let database = TestDatabase::with_owner();
    let first = Program::serve_with_secret_file(&database);
    let browser = Browser::new(&first.url).signed_in("owner@example.com");
    let body = serde_json::json!({"email": "owner@example.com", "password": PASSWORD});
    let session = Api::new(&first.url, "").post("/session", &body);
    let token = session.json()["data"]["token"].as_str().unwrap().to_owned();
    drop(first);
    let secret = || std::fs::read_to_string(database.folder().join("keyward.secret")).unwrap();
    let before = secret();
    let mut rotating = command(database.folder(), &["rotate-secret"]);
    let rotated = rotating
        .env("DATABASE_URL", &database.url)
        .output()
        .unwrap();
    let (code, words) = told(&rotated);
    assert_eq!(code, 0, "{words}");
    assert!(!secret().starts_with(before.trim()) && !words.contains(before.trim()));
    let second = Program::serve_with_secret_file(&database);
    let on = |url: &str| Browser {
        url: url.into(),
        ..browser.clone()
    };
    assert_eq!(on(&second.url).get("/").status, 200);
    assert_eq!(Api::new(&second.url, &token).get("/keys").status, 200);
    drop(second);
    // Without the previous secret, both end.
    let (current, _) = secret()
        .split_once('\n')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    std::fs::write(database.folder().join("keyward.secret"), current).unwrap();
    let third = Program::serve_with_secret_file(&database);
    assert_eq!(on(&third.url).get("/").status, 303);
    assert_eq!(Api::new(&third.url, &token).get("/keys").status, 401);
}

#[test]
fn where_the_secret_is_a_setting_the_new_one_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let mut rotating = command(folder.path(), &["rotate-secret", "--json"]);
    let old = "a secret for tests, long enough to count";
    let printed = json_lines(&rotating.env("KEYWARD_SECRET", old).output().unwrap());
    let previous = printed[0]["previous_secret"].as_str().unwrap();
    assert!(previous.starts_with(&format!("{old} until 20")));
    assert!(printed[0]["secret"].as_str().unwrap().len() >= 40);
    let wrong = [
        ("KEYWARD_SECRET", old),
        ("KEYWARD_PREVIOUS_SECRET", "nonsense"),
    ];
    let mut serving = command(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let (code, words) = told(&serving.envs(wrong).output().unwrap());
    assert_eq!(code, 1);
    assert!(words.contains("rotate-secret"), "{words}");
    // On Postgres there must be one to begin with.
    let on_postgres = [
        "rotate-secret",
        "--database-url",
        "postgres://127.0.0.1:1/x",
    ];
    let (code, words) = told(&run(folder.path(), &on_postgres));
    assert_eq!(code, 1);
    assert!(words.contains("KEYWARD_SECRET"), "{words}");
}

#[test]
fn an_instance_without_its_secret_on_postgres_says_so() {
    let app = TestApp::start();
    if !app.database.is_postgres() {
        return; // SQLite has a file for it.
    }
    let mut serving = command(app.database.folder(), &["serve", "--listen", "127.0.0.1:0"]);
    let (code, words) = told(
        &serving
            .env("DATABASE_URL", &app.database.url)
            .output()
            .unwrap(),
    );
    assert_eq!(code, 1);
    assert!(words.contains("set KEYWARD_SECRET"), "{words}");
}
