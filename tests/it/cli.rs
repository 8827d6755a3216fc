//! The command line.

mod import;
mod projects;
mod rotation;
mod secret;
mod users;

use std::process::Output;

use crate::app::{PASSWORD, TestApp, TestDatabase};
use crate::program::{Program, command, run, run_with_input};

fn told(output: &Output) -> (i32, String) {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code().unwrap(), text)
}

/// Runs a command on the instance's database.
fn run_on(app: &TestApp, arguments: &[&str]) -> Output {
    let mut command = command(app.database.folder(), arguments);
    let command = command.env("DATABASE_URL", &app.database.url);
    command.output().unwrap()
}

/// What a command printed, each line read as JSON.
fn json_lines(output: &Output) -> Vec<serde_json::Value> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_first_start_prints_the_address_and_a_setup_code() {
    let database = TestDatabase::new();
    let program = Program::serve(&database, "info");
    let mut lines = program.first_lines.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("listening on http://127.0.0.1:")
    );
    let code = lines.next().unwrap().strip_prefix("setup code: ").unwrap();
    assert_eq!(code.len(), 23);
    let log = std::fs::read_to_string(database.folder().join("log")).unwrap();
    assert!(!log.contains(code));
}

#[test]
fn wrong_settings_stop_the_start_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    std::fs::write(
        &locked,
        "not a database, but long enough to be taken for one at first",
    )
    .unwrap();
    let locked = format!("sqlite:{}", locked.display());
    for (variables, expected) in [
        (
            &[("DATABASE_URL", "mysql://x")][..],
            "must begin with sqlite: or postgres://",
        ),
        (&[("DATABASE_URL", "keyward.db")], "must begin with"),
        (
            &[("DATABASE_URL", "sqlite:no/such/folder/x.db")],
            "can't be opened",
        ),
        (&[("DATABASE_URL", &locked)], "not a database"),
        (
            &[
                ("DATABASE_URL", "postgres://127.0.0.1:1/x"),
                ("KEYWARD_SECRET", "0123456789abcdef0123456789abcdef"),
            ],
            "The database at 127.0.0.1:1/x can't be opened",
        ),
        (&[("KEYWARD_LISTEN", "8080")], "listen must be"),
        (
            &[("KEYWARD_LISTEN", "192.0.2.1:80")],
            "Keyward can't listen on 192.0.2.1:80",
        ),
        (&[("KEYWARD_LISTN", "x")], "Did you mean KEYWARD_LISTEN?"),
        (&[("KEYWARD_LOG", "==")], "log is not a filter"),
    ] {
        let mut command = command(folder.path(), &["serve"]);
        for (name, value) in variables {
            command.env(name, value);
        }
        let (code, text) = told(&command.output().unwrap());
        assert_eq!(code, 1, "{variables:?}: {text}");
        assert!(text.contains(expected), "{variables:?}: {text}");
        assert_eq!(text.trim().lines().count(), 1, "{text}");
    }
}

#[test]
fn a_taken_port_leaves_no_new_database_behind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = told(&run(folder.path(), &["serve", "--listen", &address]));
    assert_eq!(code, 1);
    assert!(text.starts_with("Keyward can't listen on"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_database_is_never_made_by_looking_at_it() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["keys", "list"][..],
        &["keys", "revoke", "1"],
        &["projects", "list"],
        &["users", "list"],
    ] {
        let (code, text) = told(&run(folder.path(), arguments));
        assert_eq!(code, 1);
        assert!(
            text.contains("There is no database at keyward.db"),
            "{text}"
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn on_postgres_a_start_without_a_secret_says_so() {
    let database = TestDatabase::new();
    if !database.is_postgres() {
        return; // On SQLite the secret is made; see the unit tests.
    }
    let mut command = command(database.folder(), &["serve", "--listen", "127.0.0.1:0"]);
    let (code, text) = told(&command.env("DATABASE_URL", &database.url).output().unwrap());
    assert_eq!(code, 1);
    assert!(text.contains("set KEYWARD_SECRET"), "{text}");
}

#[test]
fn wrong_usage_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["frobnicate"][..],
        &["admin", "create", "--email", "a@example.com"],
        &[
            "admin",
            "create",
            "--email",
            "a@example.com",
            "--role",
            "king",
        ],
        &["keys", "revoke"],
        &["keys", "revoke", "1", "--reason", "mood"],
        &["keys", "rotate", "1", "--overlap", "soon"],
        &["keys", "import", "-"],
        &["projects", "create", "shop"],
        &["users", "invite", "a@example.com"],
    ] {
        assert_eq!(told(&run(folder.path(), arguments)).0, 2, "{arguments:?}");
    }
    assert_eq!(told(&run(folder.path(), &["migrate"])).0, 0);
    let without_password = [
        "admin",
        "create",
        "--email",
        "a@example.com",
        "--role",
        "owner",
    ];
    let mut command = command(folder.path(), &without_password);
    assert_eq!(run_with_input(&mut command, "").status.code(), Some(2));
}

#[test]
fn people_are_added_and_get_another_password() {
    let app = TestApp::start();
    let url = app.database.url.clone();
    let admin = |arguments: &[&str], password: &str| {
        let mut all = vec!["admin"];
        all.extend_from_slice(arguments);
        all.extend_from_slice(&["--email", "ben@example.com", "--password-file", "-"]);
        let mut command = command(app.database.folder(), &all);
        told(&run_with_input(command.env("DATABASE_URL", &url), password))
    };
    let support = ["create", "--role", "support", "--project", "default"];
    let (code, text) = admin(&support, "password1234");
    assert_eq!(code, 1);
    assert!(text.contains("easy to guess"), "{text}");
    assert_eq!(
        admin(&support, PASSWORD),
        (
            0,
            "ben@example.com is support of the project default.\n".into()
        )
    );
    assert_eq!(admin(&support, PASSWORD).0, 1);
    assert_eq!(
        admin(
            &["create", "--role", "admin", "--project", "nope"],
            PASSWORD
        )
        .0,
        1
    );
    assert_eq!(
        admin(
            &["create", "--role", "owner", "--project", "default"],
            PASSWORD
        )
        .0,
        1
    );
    let ben = app.anonymous().signed_in("ben@example.com");
    assert_eq!(ben.get("/projects/default/keys/new").status, 403);
    assert_eq!(
        admin(&["reset-password"], "another long and odd phrase").0,
        0
    );
    assert_eq!(ben.get("/").status, 303);
    let again = app
        .anonymous()
        .sign_in("ben@example.com", "another long and odd phrase");
    assert_eq!(again.status, 303);
}

#[test]
fn keys_are_listed_and_revoked_beside_a_running_instance() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout")]);
    let url = app.database.url.clone();
    let keys = |arguments: &[&str]| {
        let mut command = command(app.database.folder(), &[&["keys"], arguments].concat());
        told(&command.env("DATABASE_URL", &url).output().unwrap())
    };
    let (code, listed) = keys(&["list"]);
    assert_eq!(code, 0);
    assert!(
        listed.contains("Checkout") && listed.contains("active"),
        "{listed}"
    );
    assert!(!listed.contains(&secret));
    let id = id.to_string();
    let (code, revoked) = keys(&["revoke", &id, "--reason", "compromised"]);
    assert_eq!(code, 0, "{revoked}");
    assert!(revoked.starts_with("Revoked Checkout (mk_live_"));
    assert_eq!(owner.verify(&secret), (401, "REVOKED".into()));
    let (_, json) = keys(&[
        "list",
        "--state",
        "revoked",
        "--json",
        "--project",
        "default",
    ]);
    let key: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(key["name"], "Checkout");
    assert_eq!(key["revoked_by"], "command line");
    assert_eq!(key["revoke_reason"], "compromised");
    assert_eq!(key["state"], "revoked");
    assert_eq!(key["is_active"], false);
    assert!(key.get("key").is_none());
    assert_eq!(keys(&["revoke", &id]).0, 1);
    assert_eq!(
        keys(&["revoke", "999"]),
        (1, "There is no key 999.\n".into())
    );
    assert_eq!(keys(&["list", "--project", "nope"]).0, 1);
    assert_eq!(keys(&["list", "--state", "active"]), (0, String::new()));
}

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

/// What gitleaks 8 does with a rule: a file without any of its keywords is passed over, and a
/// match counts if its characters are mixed enough.
struct Scanner {
    keywords: Vec<String>,
    regex: regex::Regex,
    entropy: f64,
}

impl Scanner {
    fn new(toml: &str) -> Self {
        let rules: toml::Table = toml.parse().unwrap();
        let rule = &rules["rules"][0];
        let keywords = rule["keywords"].as_array().unwrap().iter();
        Scanner {
            keywords: keywords
                .map(|word| word.as_str().unwrap().to_lowercase())
                .collect(),
            regex: regex::Regex::new(rule["regex"].as_str().unwrap()).unwrap(),
            entropy: rule["entropy"].as_float().unwrap(),
        }
    }

    fn findings(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        if !self.keywords.iter().any(|word| lower.contains(word)) {
            return Vec::new();
        }
        let matches = self
            .regex
            .find_iter(text)
            .map(|found| found.as_str().to_owned());
        matches
            .filter(|found| shannon_entropy(found) > self.entropy)
            .collect()
    }
}

fn shannon_entropy(text: &str) -> f64 {
    let length = text.len() as f64;
    let characters: std::collections::BTreeSet<char> = text.chars().collect();
    let parts = characters
        .iter()
        .map(|c| text.matches(*c).count() as f64 / length);
    parts.map(|part| -part * part.log2()).sum()
}

#[test]
fn scanners_find_keys_by_the_pattern_and_nothing_else() {
    let app = TestApp::start();
    app.database
        .execute(
            "INSERT INTO projects (slug, name, key_start, environment_segment, created_at)
             VALUES ('other', 'Other', 'hkr', FALSE, '2026-01-01 00:00:00')",
        )
        .unwrap();
    let print = |arguments: &[&str]| {
        let mut command = command(app.database.folder(), arguments);
        let output = command
            .env("DATABASE_URL", &app.database.url)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let pattern = print(&["keys", "pattern"]);
    assert_eq!(
        pattern.trim(),
        r"\b(?:hkr_|mk_live_|mk_test_)[0-9A-Za-z]{38}\b"
    );
    let scanner = Scanner::new(&print(&["keys", "pattern", "--gitleaks"]));
    assert_eq!(scanner.regex.as_str(), pattern.trim());
    let (_, live) = app.owner().new_key(&[]);
    let (_, test) = app.owner().new_key(&[("environment", "test")]);
    let other = keyward::key::KeyFormat {
        start: "hkr".into(),
        environment_segment: false,
    };
    let other = other.generate(keyward::key::Environment::Live).unwrap();
    for (file, found) in [
        (format!("API_KEY={live}\n"), vec![live.as_str()]),
        (
            format!("curl -H 'X-API-Key: {test}' https://x"),
            vec![test.as_str()],
        ),
        (
            format!("{{\"a\":\"{live}\",\"b\":\"{}\"}}", other.expose()),
            vec![live.as_str(), other.expose()],
        ),
        // One letter too many or too few, another start, a placeholder, only the prefix.
        (format!("{live}x"), vec![]),
        (live[..live.len() - 1].to_owned(), vec![]),
        (live.replace("mk_live", "sk_live"), vec![]),
        (format!("mk_live_{}", "x".repeat(38)), vec![]),
        (format!("See {}… in the console", &live[..14]), vec![]),
    ] {
        assert_eq!(scanner.findings(&file), found, "{file}");
    }
}
