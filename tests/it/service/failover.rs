//! A standby takes over that does not have the last changes. Whatever had ended stays so.
//!
//! The servers are the test's own, so it runs once: when the suite runs on SQLite.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use keyward::db::Connection;
use keyward::db::connection::DatabaseUrl;

use super::own_postgres::OwnPostgres;
use crate::app::{Answer, Browser, TestDatabase, eventually};
use crate::program::{Program, create_owner};

/// A connection to this server alone, whether it is a standby or not.
fn connect(server: &OwnPostgres) -> Connection {
    // On a busy machine, a new connection may take longer than an instance waits for one.
    let url = format!("{}?target_session_attrs=any&connect_timeout=30", server.url);
    DatabaseUrl::parse(&url).unwrap().open().unwrap()
}

/// The one number that `sql` selects as `number`.
fn number(server: &OwnPostgres, sql: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        number: i64,
    }
    let query = diesel::sql_query(sql);
    let row: Row = diesel::RunQueryDsl::get_result(query, &mut *connect(server)).unwrap();
    row.number
}

const LAST_ENTRY: &str = "SELECT last_entry AS number FROM audit_head";

/// Cuts the standby off, once it has everything. Returns the last entry that it has.
fn cut_off(primary: &OwnPostgres, standby: &OwnPostgres) -> i64 {
    let last = number(primary, LAST_ENTRY);
    eventually(|| (number(standby, LAST_ENTRY) == last).then_some(()));
    let mut conn = connect(standby);
    for sql in [
        "ALTER SYSTEM SET primary_conninfo = ''",
        "SELECT pg_reload_conf()",
    ] {
        conn.batch_execute(sql).unwrap();
    }
    let followers = "SELECT count(*) AS number FROM pg_stat_replication";
    eventually(|| (number(primary, followers) == 0).then_some(()));
    assert_eq!(number(standby, LAST_ENTRY), last);
    last
}

/// Asks both instances about ended keys until it is over.
#[derive(Default)]
struct Watch {
    is_over: AtomicBool,
    refused: AtomicUsize,
    passed: Mutex<Vec<String>>,
}

impl Watch {
    fn ask(&self, url: &str, secret: &str, name: &str) {
        let client = reqwest::blocking::Client::builder().no_proxy();
        let client = client.build().unwrap();
        while !self.is_over.load(Ordering::Relaxed) {
            let request = client.get(format!("{url}/verify"));
            match request.header("X-API-Key", secret).send() {
                Ok(answer) if answer.status() == 200 => {
                    self.passed.lock().unwrap().push(format!("{name} at {url}"));
                }
                Ok(answer) if answer.status() == 401 => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                _ => {} // 503: nothing was let through.
            }
            // Leaves the servers something of the processor.
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Ends the watch, even if the test fails.
struct Ending<'a>(&'a Watch);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

fn post(owner: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = owner.post(path, fields);
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    answer
}

/// A second project with a key, and the key's secret.
fn video(owner: &Browser) -> String {
    let fields = [
        ("name", "Video"),
        ("slug", "video"),
        ("key_start", "vid"),
        ("environments", "both"),
        ("catalogue", "none"),
        ("default_lifetime_days", ""),
        ("max_lifetime_days", ""),
        ("rate_limit_requests", ""),
        ("rate_limit_seconds", ""),
    ];
    post(owner, "/projects", &fields);
    let id = owner.create_key_in("video", &[("scopes", "*")]);
    let revealed = owner.post(&format!("/projects/video/keys/{id}/reveal"), &[]);
    revealed.secret().unwrap()
}

#[test]
fn what_had_ended_stays_ended_when_a_standby_takes_over_that_missed_it() {
    if std::env::var("KEYWARD_TEST_POSTGRES").is_ok() {
        return;
    }
    let primary = OwnPostgres::start();
    let standby = primary.standby();
    let mut database = TestDatabase::on_sqlite();
    let hosts = format!("{},{}", primary.host(), standby.host());
    database.url = format!("postgres://postgres@{hosts}/postgres");
    let programs: Vec<Program> = (0..2).map(|_| Program::serve(&database, "info")).collect();
    create_owner(&database);
    let owner = Browser::new(&programs[0].url).signed_in("owner@example.com");
    let (revoked, revoked_secret) = owner.new_key(&[("label", "Revoked")]);
    let (rotated, rotated_secret) = owner.new_key(&[("label", "Rotated")]);
    let (_, living) = owner.new_key(&[("label", "Living")]);
    let archived_secret = video(&owner);

    let last_kept = cut_off(&primary, &standby);
    assert_eq!(owner.revoke(revoked).status, 303);
    let rotation = format!("/projects/default/keys/{rotated}/rotation");
    post(&owner, &rotation, &[("overlap", "0")]);
    post(&owner, "/projects/video/archival", &[("name", "Video")]);
    let last_known = number(&primary, LAST_ENTRY);
    assert!(last_known >= last_kept + 3);

    let ended = [
        ("revoked", &revoked_secret),
        ("rotated", &rotated_secret),
        ("archived", &archived_secret),
    ];
    let both = |status: u16, secret: &str| {
        let asked = programs
            .iter()
            .map(|program| Browser::new(&program.url).verify(secret).0);
        asked.collect::<Vec<_>>() == [status; 2]
    };
    for (name, secret) in ended {
        assert!(both(401, secret), "{name}");
    }
    let watch = Watch::default();
    std::thread::scope(|scope| {
        for program in &programs {
            for (name, secret) in ended {
                let watch = &watch;
                scope.spawn(move || watch.ask(&program.url, secret, name));
            }
        }
        let _at_its_end = Ending(&watch);
        primary.kill();
        standby.promote();
        // Both answer from memory again: each has a row that knows everything.
        let current = "SELECT count(*) AS number FROM instances, audit_head
                       WHERE applied = last_entry";
        eventually(|| (number(&standby, current) == 2).then_some(()));
        eventually(|| both(200, &living).then_some(()));
        let before = watch.refused.load(Ordering::Relaxed);
        let is_enough = |refused: usize| refused > before + 100;
        eventually(|| is_enough(watch.refused.load(Ordering::Relaxed)).then_some(()));
    });
    assert_eq!(*watch.passed.lock().unwrap(), [""; 0]);

    // It is written down once, with the right numbers.
    let count = |sql: &str| number(&standby, &format!("SELECT count(*) AS number FROM {sql}"));
    assert_eq!(
        count("audit_entries WHERE action = 'database.rolled_back'"),
        1
    );
    let (lost_from, missing) = (last_kept + 1, last_known - last_kept);
    let record = format!(
        "rollbacks WHERE lost_from = {lost_from} AND last_known = {last_known} AND is_exact"
    );
    assert_eq!(count(&record), 1);
    let details = format!(
        "audit_entries WHERE action = 'database.rolled_back' AND actor = 'Keyward'
         AND details LIKE '%\"missing\":{missing},%'
         AND details LIKE '%\"revoked_keys\":[{revoked},{rotated}]%'
         AND details LIKE '%\"archived_projects\":[\"video\"]%'"
    );
    assert_eq!(count(&details), 1);
    assert_eq!(count("keys WHERE revoked_by = 'Keyward'"), 2);
    assert_eq!(count("projects WHERE archived_by = 'Keyward'"), 1);
    // Whoever knew nothing of it learns it there, and people are told.
    let third = Program::serve(&database, "info");
    for (name, secret) in ended {
        let answer = Browser::new(&third.url).verify(secret);
        assert_eq!(answer, (401, "REVOKED".into()), "{name}");
    }
    let notice = owner.get("/");
    assert_eq!(notice.texts(".lost li"), ["Revoked", "Rotated"]);
    let log = std::fs::read_to_string(database.folder().join("log")).unwrap();
    let line = log.lines().find(|line| line.contains("they are refused"));
    let line = line.expect("a line in the log");
    assert!(line.contains("ERROR"), "{line}");
    assert!(line.contains(&format!("{revoked}, {rotated}")), "{line}");
}
