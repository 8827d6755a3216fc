//! `keyward serve`: how it starts, and what keeps it from starting.

use super::told;
use crate::app::TestDatabase;
use crate::program::{Program, command, run};

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
                ("KEYWARD_DATABASE_WAIT", "0"),
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
