//! A database that Keyward can't work with is refused at the start, in one sentence.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use diesel::connection::SimpleConnection;

use super::database_start::{at, is_own_run, keyward, refused};
use super::own_postgres::{OwnPostgres, is_root};
use crate::app::{TestDatabase, eventually};
use crate::program::Program;

fn log(database: &TestDatabase) -> String {
    std::fs::read_to_string(database.folder().join("log")).unwrap()
}

#[test]
fn a_server_that_takes_no_changes_or_not_all_text_is_refused() {
    if !is_own_run() {
        return;
    }
    let server = OwnPostgres::start();
    let url = server.url_of("postgres", "latin");
    server.sql(
        "postgres",
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    );
    for command in ["serve", "migrate"] {
        let message = refused(&at(&url), &[command]);
        assert!(message.contains("encoding is LATIN1"), "{message}");
    }

    assert!(keyward(&at(&server.url), &["migrate"]).status.success());
    let standby = server.standby();
    let message = refused(&at(&standby.url), &["serve"]);
    assert!(message.contains("read-only"), "{message}");
    server.sql("postgres", "CREATE DATABASE frozen");
    server.sql(
        "postgres",
        "ALTER DATABASE frozen SET default_transaction_read_only = on",
    );
    let frozen = server.url_of("postgres", "frozen");
    for url in [frozen.clone(), format!("{frozen}?target_session_attrs=any")] {
        let message = refused(&at(&url), &["serve"]);
        assert!(message.contains("read-only"), "{message}");
    }
}

#[test]
fn whoever_may_make_tables_but_owns_none_is_told_who_may_migrate() {
    if !is_own_run() {
        return;
    }
    let server = OwnPostgres::start();
    server.sql("postgres", "CREATE ROLE \"Owner\" LOGIN");
    server.sql("postgres", "CREATE ROLE service LOGIN");
    server.sql("postgres", "CREATE DATABASE keyward OWNER \"Owner\"");
    let owner = at(&server.url_of("Owner", "keyward"));
    let service = at(&server.url_of("service", "keyward"));
    assert!(keyward(&owner, &["migrate"]).status.success());
    server.sql(
        "keyward",
        "GRANT ALL ON SCHEMA public TO service;
         GRANT ALL ON ALL TABLES IN SCHEMA public TO service;
         DELETE FROM __diesel_schema_migrations
           WHERE version = (SELECT max(version) FROM __diesel_schema_migrations);",
    );
    for arguments in [&["serve"] as &[&str], &["users", "list"]] {
        let message = refused(&service, arguments);
        let grant = "run `keyward migrate` as \"Owner\", or let service do so with GRANT \"Owner\" \
                     TO service;";
        assert!(message.contains(grant), "{message}");
    }
    server.sql("keyward", "REVOKE USAGE ON SCHEMA public FROM PUBLIC");
    server.sql("keyward", "REVOKE ALL ON SCHEMA public FROM service");
    let message = refused(&service, &["serve"]);
    assert!(
        message.contains("GRANT USAGE ON SCHEMA public TO service;"),
        "{message}"
    );
}

#[test]
fn a_right_that_is_missing_on_one_table_is_named() {
    let database = TestDatabase::with_owner();
    if !database.is_postgres() {
        return;
    }
    let role = format!("keyward_reader_{}", std::process::id());
    database
        .execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA public TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
             REVOKE DELETE ON sessions FROM {role};"
        ))
        .unwrap();
    let (_, host) = database.url.rsplit_once('@').unwrap();
    let reader = at(&format!("postgres://{role}:x@{host}"));
    let message = refused(&reader, &["serve"]);
    database
        .execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .unwrap();
    let grant = format!("GRANT DELETE ON public.sessions TO {role};");
    assert!(message.trim().ends_with(&grant), "{message}");
}

#[test]
fn a_command_does_not_wait_for_the_end_of_anothers_migration() {
    let database = TestDatabase::with_owner();
    if !database.is_postgres() {
        return;
    }
    let last = "DELETE FROM __diesel_schema_migrations
                WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    database.execute(last).unwrap();
    let mut other = database.connect();
    // The letters `keyward` as a number.
    other
        .batch_execute("SELECT pg_advisory_lock(x'006b657977617264'::bigint)")
        .unwrap();
    let message = refused(&database, &["users", "list"]);
    assert!(message.starts_with("Another Keyward is bringing the schema up to date"));
}

#[test]
fn a_server_that_may_lose_changes_or_has_few_connections_is_warned_of() {
    if !is_own_run() {
        return;
    }
    let server = OwnPostgres::start();
    server.sql(
        "postgres",
        "CREATE ROLE few LOGIN SUPERUSER CONNECTION LIMIT 15",
    );
    let database = at(&server.url_of("few", "postgres"));
    drop(Program::serve(&database, "info"));
    let said = eventually(|| Some(log(&database)).filter(|log| log.contains("at most 15")));
    assert!(said.contains("this instance may open 22"), "{said}");
    assert!(said.contains("runs with fsync = off"), "{said}");
}

#[test]
fn a_folder_and_a_file_that_may_only_be_read_are_refused() {
    let database = TestDatabase::on_sqlite();
    if !is_own_run() {
        return;
    }
    let folder = at(&format!("sqlite:{}", database.folder().display()));
    for command in ["serve", "migrate"] {
        let message = refused(&folder, &[command]);
        assert!(message.contains("it is a folder"), "{message}");
    }

    assert!(keyward(&database, &["migrate"]).status.success());
    let file = database.url.strip_prefix("sqlite:").unwrap();
    let folder = database.folder().to_str().unwrap();
    for (of_file, of_folder, named) in [(0o444, 0o777, file), (0o666, 0o555, folder)] {
        set_mode(file, of_file);
        set_mode(folder, of_folder);
        let message = refused_without_root(&database);
        assert_eq!(message.trim().lines().count(), 1, "{message}");
        let start = format!("{named} may not be written by this user");
        assert!(message.starts_with(&start), "{message}");
    }
    // The folder of a link is not written.
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.db");
    std::os::unix::fs::symlink(file, &link).unwrap();
    set_mode(elsewhere.path().to_str().unwrap(), 0o555);
    let linked = at(&format!("sqlite:{}", link.display()));
    let message = refused_without_root(&linked);
    let start = format!("{folder} may not be written by this user");
    assert!(message.starts_with(&start), "{message}");
    for folder in [folder, elsewhere.path().to_str().unwrap()] {
        set_mode(folder, 0o755);
    }
}

fn set_mode(path: &str, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// What `keyward serve` says to somebody whom the modes of files bind, as they don't bind root.
fn refused_without_root(database: &TestDatabase) -> String {
    if !is_root() {
        return refused(database, &["serve"]);
    }
    // Where everybody may run it.
    let open = tempfile::tempdir().unwrap();
    set_mode(open.path().to_str().unwrap(), 0o755);
    let program = open.path().join("keyward");
    std::fs::copy(env!("CARGO_BIN_EXE_keyward"), &program).unwrap();
    let line = format!(
        "cd /; DATABASE_URL={} KEYWARD_LISTEN=127.0.0.1:0 KEYWARD_DATABASE_WAIT=0 {} serve",
        database.url,
        program.display()
    );
    let mut command = Command::new("su");
    let output = command.args(["nobody", "-s", "/bin/sh", "-c", &line]);
    let output = output.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}
