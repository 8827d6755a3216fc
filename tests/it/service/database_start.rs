//! What Keyward needs of its database is found out at the start, and told in one sentence.

use std::process::Output;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use crate::app::{Browser, TestDatabase, eventually};
use crate::program::{Program, command, create_owner};
use crate::service::own_postgres::OwnPostgres;
use crate::service::pgbouncer::PgBouncer;

/// Whether a server of the test's own is tried in this run.
pub fn is_own_run() -> bool {
    std::env::var("KEYWARD_TEST_POSTGRES").is_err()
}

pub fn at(url: &str) -> TestDatabase {
    let mut database = TestDatabase::on_sqlite();
    url.clone_into(&mut database.url);
    database
}

/// Runs a command of Keyward against this database. Starts do not wait for it.
pub fn keyward(database: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command = command(database.folder(), arguments);
    command
        .env("DATABASE_URL", &database.url)
        .env("KEYWARD_SECRET", "a secret for tests, long enough to count")
        .env("KEYWARD_LISTEN", "127.0.0.1:0")
        .env("KEYWARD_DATABASE_WAIT", "0");
    command.output().unwrap()
}

/// The one sentence that a command fails with.
pub fn refused(database: &TestDatabase, arguments: &[&str]) -> String {
    let output = keyward(database, arguments);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.trim().lines().count(), 1, "{message}");
    message
}

/// The blocks of SQL in the documentation, in order.
fn documented_sql() -> Vec<String> {
    let text = std::fs::read_to_string("docs/operations.md").unwrap();
    let blocks = text.split("```sql\n").skip(1);
    let block = |rest: &str| rest.split("```").next().unwrap().to_owned();
    blocks.map(block).collect()
}

#[test]
fn one_role_owns_the_schema_and_another_serves() {
    if !is_own_run() {
        return;
    }
    let server = OwnPostgres::start();
    let sql = documented_sql();
    for statement in sql[0].split_inclusive(";\n") {
        server.sql("postgres", statement);
    }
    server.sql("keyward", "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    server.sql("keyward", "GRANT ALL ON SCHEMA public TO keyward_owner");
    let owner = at(&server.url_of("keyward_owner", "keyward"));
    let service = at(&server.url_of("keyward", "keyward"));

    let message = refused(&service, &["serve"]);
    assert!(message.contains("run `keyward migrate`"), "{message}");
    assert!(message.contains("GRANT CREATE ON SCHEMA public TO keyward;"));

    assert!(keyward(&owner, &["migrate"]).status.success());
    let message = refused(&service, &["serve"]);
    assert!(
        message.contains("The role keyward lacks rights"),
        "{message}"
    );
    // What it says is what is missing: as the owner, just that is enough.
    let statements = message.split("tables, run ").nth(1).unwrap().trim();
    for statement in [
        "GRANT SELECT, INSERT ON public.audit_checkpoints, public.audit_entries TO keyward;",
        "GRANT SELECT ON public.__diesel_schema_migrations TO keyward;",
    ] {
        assert!(statements.contains(statement), "{statements}");
    }
    let mut conn = owner.connect();
    conn.batch_execute(statements).unwrap();
    drop(Program::serve(&service, "info"));

    conn.batch_execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM keyward")
        .unwrap();
    conn.batch_execute(&sql[1]).unwrap();
    let program = Program::serve(&service, "info");
    create_owner(&service);
    let person = Browser::new(&program.url).signed_in("owner@example.com");
    let (id, secret) = person.new_key(&[]);
    assert_eq!(person.revoke(id).status, 303);
    assert_eq!(person.verify(&secret).1, "REVOKED");
    let named = format!(
        "SELECT count(*) AS number FROM pg_stat_activity WHERE usename = 'keyward' \
         AND application_name LIKE 'keyward % {}'",
        program.child.id()
    );
    assert!(owner.number(&named) >= 1);
    let mut conn = service.connect();
    assert!(conn.batch_execute("DELETE FROM audit_entries").is_err());
    assert!(conn.batch_execute("CREATE TABLE x (y INT)").is_err());
}

#[test]
fn a_pooler_that_shares_connections_is_refused_and_one_that_does_not_is_taken() {
    if !is_own_run() {
        return;
    }
    let server = OwnPostgres::start();
    for (mode, connections) in [("transaction", 1), ("transaction", 20), ("statement", 20)] {
        let pooler = PgBouncer::start(&server, mode, connections);
        for arguments in [&["serve"] as &[&str], &["users", "list"], &["migrate"]] {
            let message = refused(&at(&pooler.url), arguments);
            assert!(message.contains("session mode"), "{message}");
        }
    }
    let pooler = PgBouncer::start(&server, "session", 30);
    let database = at(&pooler.url);
    let program = Program::serve(&database, "info");
    create_owner(&database);
    let person = Browser::new(&program.url).signed_in("owner@example.com");
    let (id, secret) = person.new_key(&[]);
    assert_eq!(person.revoke(id).status, 303);
    assert_eq!(person.verify(&secret).1, "REVOKED");
}

/// A pooler takes clients that it has no connection for, and lets them wait.
#[test]
fn a_command_that_gets_no_connection_says_so() {
    if !is_own_run() {
        return;
    }
    let server = OwnPostgres::start();
    assert!(keyward(&at(&server.url), &["migrate"]).status.success());
    let pooler = PgBouncer::start(&server, "session", 1);
    let database = at(&pooler.url);
    let held = database.connect();
    let message = refused(&database, &["users", "list"]);
    assert!(
        message.contains("did not give a connection within 8 seconds"),
        "{message}"
    );
    drop(held);
    server.pause();
    let message = refused(&at(&server.url), &["users", "list"]);
    server.go_on();
    assert!(message.contains("can't be opened"), "{message}");
}

#[test]
fn a_start_waits_for_a_database_that_is_away() {
    if !is_own_run() {
        return;
    }
    let mut server = OwnPostgres::start();
    let database = at(&server.url);
    assert!(keyward(&database, &["migrate"]).status.success());
    server.stop();
    let message = refused(&database, &["serve"]);
    assert!(message.contains("can't be opened"), "{message}");
    let program = std::thread::scope(|scope| {
        let starting = scope.spawn(|| Program::serve(&database, "info"));
        std::thread::sleep(Duration::from_secs(2));
        server.start_again();
        starting.join().unwrap()
    });
    assert_eq!(Browser::new(&program.url).get("/readyz").status, 200);
    let log = std::fs::read_to_string(database.folder().join("log")).unwrap();
    assert_eq!(
        log.matches("Trying again for 30 seconds").count(),
        1,
        "{log}"
    );
}

#[test]
fn a_start_waits_for_a_lock_and_says_what_else_is_in_the_way() {
    let database = TestDatabase::with_owner();
    if database.is_postgres() {
        return;
    }
    let mut other = database.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let message = refused(&database, &["serve"]);
    assert!(message.contains("database is locked"), "{message}");
    let program = std::thread::scope(|scope| {
        let starting = scope.spawn(|| Program::serve(&database, "info"));
        std::thread::sleep(Duration::from_secs(1));
        other.batch_execute("ROLLBACK").unwrap();
        starting.join().unwrap()
    });
    drop(program);
    let path = database.url.strip_prefix("sqlite:").unwrap();
    for ending in ["-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{path}{ending}")));
    }
    std::fs::write(
        path,
        "this is not a database, but it is long enough to look like one",
    )
    .unwrap();
    let message = refused(&database, &["serve"]);
    assert!(message.contains("file is not a database"), "{message}");
}

#[test]
fn a_server_is_verified_by_its_certificate() {
    if !is_own_run() {
        return;
    }
    let mut server = OwnPostgres::start();
    server.stop();
    let certificate = server.encrypt();
    server.start_again();
    let ca = certificate.display();
    let host = server.host().replace("127.0.0.1", "localhost");
    let with = |parameters: &str| at(&format!("postgres://postgres@{host}/postgres?{parameters}"));
    let good = with(&format!("sslmode=verify-full&sslrootcert={ca}"));
    assert!(keyward(&good, &["migrate"]).status.success());
    let message = refused(&with("sslrootcert=system"), &["migrate"]);
    assert!(message.contains("certificate verify failed"), "{message}");
    for (parameters, variable) in [("sslrootcert=system", ""), ("", "system")] {
        let mut trusting = command(good.folder(), &["migrate"]);
        trusting
            .env("DATABASE_URL", &with(parameters).url)
            .env("PGSSLROOTCERT", variable)
            .env("SSL_CERT_FILE", &certificate);
        let output = trusting.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn an_instance_has_no_more_connections_than_it_may() {
    let database = TestDatabase::new();
    if !database.is_postgres() {
        return;
    }
    drop(Program::serve(&database, "info"));
    create_owner(&database);
    let program = Program::serve_with(&database, &[("KEYWARD_DATABASE_CONNECTIONS", "8")]);
    let owner = Browser::new(&program.url).signed_in("owner@example.com");
    std::thread::scope(|scope| {
        for _ in 0..30 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(owner.clone().get("/projects/default/keys").status, 200);
                }
            });
        }
    });
    let own = format!(
        "SELECT count(*) AS number FROM pg_stat_activity WHERE application_name LIKE '% {}'",
        program.child.id()
    );
    let number = eventually(|| Some(database.number(&own)).filter(|number| *number <= 8));
    assert!(number >= 3);
}
