//! The database goes away and comes back.

use crate::app::{Answer, Browser, Settings, TestApp, TestDatabase, add_person, eventually};
use crate::program::Program;
use crate::service::own_postgres::OwnPostgres;
use diesel::connection::SimpleConnection;
use keyward::db::Connection;
use keyward::db::connection::DatabaseUrl;
use keyward::records::Role;
use keyward::startup;

/// Asks until the answer has this status.
fn until(status: u16, ask: impl Fn() -> Answer) -> Answer {
    eventually(|| Some(ask()).filter(|answer| answer.status == status))
}

/// Takes the lock that every change needs, until it is rolled back.
fn lock(app: &TestApp) -> Connection {
    let mut other = app.database.connect();
    let lock = match app.database.is_postgres() {
        true => "BEGIN; SELECT * FROM audit_head FOR UPDATE",
        false => "BEGIN IMMEDIATE",
    };
    other.batch_execute(lock).unwrap();
    other
}

fn verify(browser: &Browser, secret: &str) -> Answer {
    let request = browser
        .client
        .get(browser.at("/verify"))
        .header("X-API-Key", secret);
    request.send().unwrap().into()
}

/// A Postgres of the test's own, stopped and started again under a running instance.
#[test]
fn a_stopped_postgres_is_answered_with_503_and_recovered_from() {
    let mut server = OwnPostgres::start();
    let url = DatabaseUrl::parse(&server.url).unwrap();
    let mut conn = startup::open_up_to_date(&url).unwrap();
    add_person(&mut conn, "owner@example.com", Role::Owner, None);
    drop(conn);
    let settings = Settings {
        database_url: Some(server.url.clone()),
        ..Settings::default()
    };
    let app = TestApp::start_on(TestDatabase::on_sqlite(), settings);
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    assert_eq!(verify(&owner, &secret).status, 200);

    server.stop();
    // What is in memory holds until its lease expires.
    let unsure = until(503, || verify(&owner, &secret));
    assert_eq!(
        (unsure.status, unsure.code().as_str()),
        (503, "UNAVAILABLE")
    );
    assert!(!unsure.header("retry-after").is_empty());
    assert_eq!(owner.get("/healthz").status, 200);
    assert_eq!(owner.get("/readyz").status, 503);
    for answer in [
        owner.get("/projects/default/keys"),
        owner.get("/login"),
        owner.post_key("default", &[]),
        owner.revoke(id),
    ] {
        assert_eq!(answer.status, 503);
        assert_eq!(answer.text("h1"), "Unavailable for the moment");
        assert!(!answer.header("retry-after").is_empty());
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'none'")
        );
        assert!(!answer.body.contains("127.0.0.1"), "nothing from inside");
    }
    // A malformed key needs no database to be refused, and nothing is ever let through.
    assert_eq!(verify(&owner, "garbage").status, 401);

    server.start_again();
    assert_eq!(until(200, || verify(&owner, &secret)).status, 200);
    until(200, || owner.get("/readyz"));
    assert_eq!(until(303, || owner.revoke(id)).status, 303);
    assert_eq!(verify(&owner, &secret).code(), "REVOKED");
    drop(app);
}

/// Somebody else holds the write lock: reading goes on, writing is answered with 503.
#[test]
fn a_locked_database_is_answered_with_503_and_recovered_from() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    let mut other = lock(&app);
    assert_eq!(verify(&owner, &secret).status, 200);
    assert_eq!(owner.get("/projects/default/keys").status, 200);
    let refused = owner.revoke(id);
    assert_eq!(
        (refused.status, refused.text("h1").as_str()),
        (503, "Unavailable for the moment")
    );
    assert_eq!(verify(&owner, &secret).status, 200);
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(owner.revoke(id).status, 303);
    assert_eq!(verify(&owner, &secret).code(), "REVOKED");
}

/// Pages and lists do not depend on the note when their reader was last seen.
#[test]
fn reading_goes_on_while_nothing_can_be_written() {
    let app = TestApp::start();
    let owner = app.owner();
    let program = app.owners_program().with_token(&["keys:read"], None);
    let mut other = lock(&app);
    // Each time a note is due, and the last time the one before would have ended the session.
    for _ in 0..3 {
        app.clock.advance(time::Duration::minutes(14));
        assert_eq!(owner.get("/projects/default/keys").status, 200);
        assert_eq!(program.get("/projects/default/keys").status, 200);
    }
    other.batch_execute("ROLLBACK").unwrap();
    let begun = "SELECT count(*) AS number FROM sessions WHERE last_seen_at > created_at";
    eventually(|| (app.database.number(begun) == 1).then_some(()));
    assert_eq!(owner.get("/projects/default/keys").status, 200);
}

/// The heartbeat finds out, so that nobody has to ask the database.
#[test]
fn an_instance_whose_database_takes_no_changes_is_not_ready() {
    let app = TestApp::start();
    assert_eq!(app.anonymous().get("/readyz").status, 200);
    let mut other = app.database.connect();
    other
        .batch_execute(match app.database.is_postgres() {
            true => {
                "BEGIN; LOCK TABLE instances IN ACCESS SHARE MODE; \
                     LOCK TABLE instances IN EXCLUSIVE MODE"
            }
            false => "BEGIN IMMEDIATE",
        })
        .unwrap();
    let answer = until(503, || app.anonymous().get("/readyz"));
    assert!(
        answer.body.contains("does not take changes"),
        "{}",
        answer.body
    );
    assert_eq!(app.anonymous().get("/healthz").status, 200);
    other.batch_execute("ROLLBACK").unwrap();
    until(200, || app.anonymous().get("/readyz"));
}

/// More people write than there are connections, and none of them gets any further.
#[test]
fn while_every_connection_is_taken_others_are_told_so_and_verification_goes_on() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    let mut other = lock(&app);
    std::thread::scope(|scope| {
        let writing: Vec<_> = (0..30)
            .map(|_| scope.spawn(|| owner.clone().revoke(id).status))
            .collect();
        for _ in 0..100 {
            assert_eq!(verify(&owner, &secret).status, 200);
        }
        for answer in writing {
            assert_eq!(answer.join().unwrap(), 503);
        }
    });
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(owner.revoke(id).status, 303);
}

/// The file may not grow any more, as on a full disk; later it may.
#[test]
fn a_full_disk_is_answered_with_503_and_recovered_from() {
    let database = TestDatabase::on_sqlite();
    let program = Program::serve_with_file_limit(&database);
    let owner = program.owner(&database);
    let (id, secret) = owner.new_key(&[]);
    let refused = (0..500).find_map(|_| {
        let answer = owner.post_key("default", &[("label", "Fill the disk")]);
        (answer.status != 303).then_some(answer)
    });
    let refused = refused.expect("the limit is reached");
    assert_eq!(
        (refused.status, refused.text("h1").as_str()),
        (503, "Unavailable for the moment")
    );
    assert_eq!(verify(&owner, &secret).status, 200);
    let keys = database.number("SELECT count(*) AS number FROM keys");
    let entries = "SELECT count(*) AS number FROM audit_entries WHERE action = 'key.created'";
    assert_eq!(database.number(entries), keys);

    let process = program.child.id().to_string();
    let mut lifting = std::process::Command::new("prlimit");
    lifting.args(["--pid", &process, "--fsize=unlimited"]);
    assert!(lifting.status().unwrap().success());
    until(303, || owner.post_key("default", &[]));
    assert_eq!(owner.revoke(id).status, 303);
    assert_eq!(verify(&owner, &secret).code(), "REVOKED");
}
