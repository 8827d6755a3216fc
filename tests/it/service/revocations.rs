//! The rule that everything else serves: no verification that starts after a revocation was
//! acknowledged is let through, on any instance, whatever happens to instances and databases.
//!
//! A load of verifications runs against every instance while keys are minted and revoked and
//! something goes wrong. Each verification notes before it starts what was acknowledged by then;
//! its answer must match. At the end it says how many were checked.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;

use super::own_postgres::OwnPostgres;
use crate::app::{Browser, TestDatabase, eventually};
use crate::program::{Program, command, create_owner};

/// Threads of the load for each instance.
const THREADS: usize = 2;

/// A key, and what was acknowledged of it.
struct Minted {
    id: i64,
    secret: String,
    /// Somebody began to revoke it.
    is_ending: AtomicBool,
    /// Its revocation was acknowledged.
    is_revoked: AtomicBool,
}

/// What the load and those who disturb it share.
#[derive(Default)]
struct Field {
    /// Where each instance listens; a restart moves it.
    urls: RwLock<Vec<String>>,
    keys: RwLock<Vec<Arc<Minted>>>,
    is_over: AtomicBool,
    checked_revoked: AtomicUsize,
    checked_alive: AtomicUsize,
    unanswered: AtomicUsize,
    took: Mutex<Vec<Duration>>,
    wrong: Mutex<Vec<String>>,
}

impl Field {
    fn verify(&self, client: &Client, instance: usize, key: &Minted) {
        let url = self.urls.read().unwrap()[instance].clone();
        // Before the request starts.
        let was_revoked = key.is_revoked.load(Ordering::SeqCst);
        let request = client.get(format!("{url}/verify"));
        let status = match request.header("X-API-Key", &key.secret).send() {
            Ok(answer) => answer.status().as_u16(),
            Err(_) => 0,
        };
        // After it ended.
        let was_alive = !key.is_ending.load(Ordering::SeqCst);
        let fits = match status {
            0 | 503 => {
                self.unanswered.fetch_add(1, Ordering::Relaxed);
                true
            }
            401 => !was_alive,
            200 => !was_revoked,
            _ => false,
        };
        if status != 0 && status != 503 {
            let counter = match (was_revoked, was_alive) {
                (true, _) => Some(&self.checked_revoked),
                (_, true) => Some(&self.checked_alive),
                _ => None, // Either answer is right.
            };
            counter.map(|counter| counter.fetch_add(1, Ordering::Relaxed));
        }
        if !fits {
            self.wrong.lock().unwrap().push(format!(
                "instance {instance} answered {status} for key {}, revoked: {was_revoked}, alive: {was_alive}",
                key.id
            ));
        }
    }

    /// Verifies the latest keys on one instance until it is over.
    fn load(&self, instance: usize, seed: usize) {
        let client = client();
        let mut turn = seed;
        while !self.is_over.load(Ordering::Relaxed) {
            turn += 1;
            let key = {
                let keys = self.keys.read().unwrap();
                let latest = keys.len().saturating_sub(24);
                match keys.len() {
                    0 => None,
                    count => Some(Arc::clone(&keys[latest + (turn * 7) % (count - latest)])),
                }
            };
            match key {
                Some(key) => self.verify(&client, instance, &key),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Mints a key, and when that is acknowledged checks it on every instance.
    fn mint(&self, owner: &Browser, client: &Client) {
        let Some((id, secret)) = try_to_mint(owner) else {
            return;
        };
        let key = Arc::new(Minted {
            id,
            secret,
            is_ending: AtomicBool::new(false),
            is_revoked: AtomicBool::new(false),
        });
        let instances = self.urls.read().unwrap().len();
        for instance in 0..instances {
            self.verify(client, instance, &key);
        }
        self.keys.write().unwrap().push(key);
    }

    /// Revokes one of the keys by `revoke`, and when that is acknowledged checks it on every
    /// instance.
    fn revoke(&self, client: &Client, revoke: impl FnOnce(i64) -> bool) {
        let key = {
            let keys = self.keys.read().unwrap();
            let mut latest = keys.iter().rev();
            latest
                .find(|key| !key.is_ending.swap(true, Ordering::SeqCst))
                .cloned()
        };
        let Some(key) = key else { return };
        let started = Instant::now();
        if !revoke(key.id) {
            return; // Nothing was acknowledged, so either answer is right from now on.
        }
        key.is_revoked.store(true, Ordering::SeqCst);
        self.took.lock().unwrap().push(started.elapsed());
        let instances = self.urls.read().unwrap().len();
        for instance in 0..instances {
            self.verify(client, instance, &key);
        }
    }

    fn report(&self, title: &str) {
        let mut took = self.took.lock().unwrap().clone();
        took.sort_unstable();
        let revoked = self.checked_revoked.load(Ordering::Relaxed);
        let alive = self.checked_alive.load(Ordering::Relaxed);
        let summary = format!(
            "{title}: {} revocations acknowledged, in {:?} at best, {:?} in the middle, {:?} at worst; \
             {revoked} verifications of keys revoked before they started, {alive} of living keys, \
             {} without an answer\n",
            took.len(),
            took[0],
            took[took.len() / 2],
            took[took.len() - 1],
            self.unanswered.load(Ordering::Relaxed),
        );
        // Not with a macro: their output is hidden while a test passes.
        std::io::stderr().write_all(summary.as_bytes()).unwrap();
        let wrong = self.wrong.lock().unwrap();
        assert!(
            wrong.is_empty(),
            "{title}: {} wrong, first {}",
            wrong.len(),
            wrong[0]
        );
        assert!(
            took.len() > 10 && revoked > 200 && alive > 200,
            "too little happened"
        );
    }
}

fn client() -> Client {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(4));
    client.build().unwrap()
}

/// `None` if the form, or the reveal that follows, is refused or not answered.
fn try_to_mint(owner: &Browser) -> Option<(i64, String)> {
    let fields = [
        ("csrf", owner.csrf.as_str()),
        ("label", "Checked"),
        ("scopes", "*"),
        ("environment", "live"),
        ("expires", "never"),
    ];
    let post = |path: &str, fields: &[(&str, &str)]| {
        let request = owner.client.post(owner.at(path)).form(fields);
        Some(crate::app::Answer::from(request.send().ok()?))
    };
    let created = post("/projects/default/keys", &fields)?;
    let id = created.location().split('/').nth(4)?.parse().ok()?;
    let reveal = format!("/projects/default/keys/{id}/reveal");
    let revealed = post(&reveal, &[("csrf", &owner.csrf)])?;
    Some((id, revealed.secret()?))
}

/// Whether the console on this instance acknowledged the revocation.
fn revoke_on_page(owner: &Browser, id: i64) -> bool {
    let path = owner.at(&format!("/projects/default/keys/{id}/revocation"));
    let fields = [
        ("csrf", owner.csrf.as_str()),
        ("reason", "compromised"),
        ("note", ""),
    ];
    let answer = owner.client.post(path).form(&fields).send();
    answer.is_ok_and(|answer| answer.status() == 303)
}

/// Whether the command line acknowledged the revocation.
fn revoke_on_command_line(database: &TestDatabase, id: i64) -> bool {
    let id = id.to_string();
    let mut command = command(database.folder(), &["keys", "revoke", &id]);
    command
        .env("DATABASE_URL", &database.url)
        .output()
        .unwrap()
        .status
        .success()
}

/// The same visitor, at another instance.
fn at(owner: &Browser, url: &str) -> Browser {
    Browser {
        url: url.to_owned(),
        ..owner.clone()
    }
}

/// Runs the load against `instances` while `disturb` makes things go wrong; `revoke` ends keys.
fn run(
    field: &Field,
    owner: &Browser,
    revoke: impl Fn(&Browser, usize, i64) -> bool + Sync,
    disturb: impl FnOnce(),
) {
    let instances = field.urls.read().unwrap().len();
    std::thread::scope(|scope| {
        for instance in 0..instances {
            for thread in 0..THREADS {
                scope.spawn(move || field.load(instance, thread * 5));
            }
        }
        // One stream for each instance, so that one that is stopped holds up only its own.
        let revoke = &revoke;
        for instance in 0..instances {
            scope.spawn(move || {
                let client = client();
                for turn in 0_usize.. {
                    if field.is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let url = field.urls.read().unwrap()[instance].clone();
                    let here = at(owner, &url);
                    for _ in 0..2 {
                        field.mint(&here, &client);
                    }
                    field.revoke(&client, |id| revoke(&here, turn, id));
                }
            });
        }
        let _at_its_end = Ending(&field.is_over);
        disturb();
    });
}

/// Tells the other threads that it is over, even if a test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn wait(seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds));
}

/// One instance on SQLite, next to the command line: stopped for longer than its lease, its
/// database locked, killed and started again.
#[test]
fn no_acknowledged_revocation_is_forgotten_on_sqlite() {
    let database = TestDatabase::on_sqlite();
    let first = Program::serve(&database, "warn");
    let owner = first.owner(&database);
    let field = Field::default();
    *field.urls.write().unwrap() = vec![first.url.clone()];
    let revoke = |here: &Browser, turn: usize, id: i64| match turn % 2 {
        0 => revoke_on_command_line(&database, id),
        _ => revoke_on_page(here, id),
    };
    run(&field, &owner, revoke, || {
        wait(3.0);
        first.signal("STOP");
        wait(3.0);
        first.signal("CONT");
        wait(2.0);
        let mut other = database.connect();
        lock(&mut other, "BEGIN IMMEDIATE");
        wait(3.0);
        lock(&mut other, "ROLLBACK");
        wait(2.0);
        drop(first); // Killed.
        let second = Program::serve(&database, "warn");
        field.urls.write().unwrap()[0].clone_from(&second.url);
        wait(3.0);
    });
    field.report("SQLite");
}

fn lock(conn: &mut keyward::db::Connection, sql: &str) {
    use diesel::connection::SimpleConnection;
    conn.batch_execute(sql).unwrap();
}

/// Three instances on one Postgres: one stopped for longer than its lease, one killed, the
/// database paused and then restarted.
#[test]
fn no_acknowledged_revocation_is_forgotten_on_three_instances() {
    let mut server = OwnPostgres::start();
    let mut database = TestDatabase::on_sqlite();
    database.url.clone_from(&server.url);
    let mut programs: Vec<Program> = (0..3).map(|_| Program::serve(&database, "warn")).collect();
    create_owner(&database);
    let owner = Browser::new(&programs[0].url).signed_in("owner@example.com");
    let field = Field::default();
    *field.urls.write().unwrap() = programs.iter().map(|program| program.url.clone()).collect();
    let revoke = |here: &Browser, turn: usize, id: i64| match turn % 4 {
        3 => revoke_on_command_line(&database, id),
        _ => revoke_on_page(here, id),
    };
    run(&field, &owner, revoke, || {
        wait(3.0);
        programs[1].signal("STOP");
        wait(3.5);
        programs[1].signal("CONT");
        wait(1.5);
        programs[2].kill();
        wait(3.0);
        programs[2] = Program::serve(&database, "warn");
        field.urls.write().unwrap()[2].clone_from(&programs[2].url);
        wait(1.5);
        server.pause();
        wait(3.0);
        server.go_on();
        wait(1.5);
        server.stop();
        wait(2.5);
        server.start_again();
        // Every instance finds it again.
        for url in field.urls.read().unwrap().clone() {
            eventually(|| (Browser::new(&url).get("/readyz").status == 200).then_some(()));
        }
        wait(2.0);
    });
    field.report("three instances on Postgres");
}
