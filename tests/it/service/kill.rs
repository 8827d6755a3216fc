//! Killed at any moment: what was acknowledged is there, and no change without its entry.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::app::{Browser, SECRET, TestDatabase, eventually};
use crate::program::{Program, command, create_owner};

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let database = TestDatabase::new();
    drop(Program::serve(&database, "info"));
    create_owner(&database);
    let (mut created, mut revoked) = (Vec::new(), Vec::new());
    for round in 0..rounds() {
        let mut program = Program::serve(&database, "info");
        let owner = Browser::new(&program.url).signed_in("owner@example.com");
        let killed = AtomicBool::new(false);
        let under_way = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let working = scope.spawn(|| {
                let (mut created, mut revoked) = (Vec::new(), Vec::new());
                while !killed.load(Ordering::SeqCst) {
                    let Some(id) = try_create(&owner) else { break };
                    created.push(id);
                    under_way.fetch_add(1, Ordering::SeqCst);
                    if !try_revoke(&owner, id) {
                        break;
                    }
                    revoked.push(id);
                }
                (created, revoked)
            });
            // The first change waits until the lease of the killed program has expired.
            eventually(|| (under_way.load(Ordering::SeqCst) > 2).then_some(()));
            std::thread::sleep(Duration::from_millis(120 + 35 * (round % 8)));
            program.kill();
            killed.store(true, Ordering::SeqCst);
            let (more_created, more_revoked) = working.join().unwrap();
            created.extend(more_created);
            revoked.extend(more_revoked);
        });
    }
    assert!(
        created.len() > 10,
        "only {} keys were created",
        created.len()
    );
    let count = |sql: &str| database.number(sql);
    for id in &created {
        assert_eq!(
            count(&format!(
                "SELECT count(*) AS number FROM keys WHERE id = {id}"
            )),
            1
        );
    }
    for id in &revoked {
        let sql = "SELECT count(*) AS number FROM keys WHERE revoked_at IS NOT NULL AND id =";
        assert_eq!(count(&format!("{sql} {id}")), 1);
    }
    // Every key and every revocation has its entry, and there are no others.
    let keys = count("SELECT count(*) AS number FROM keys");
    let entries = "SELECT count(*) AS number FROM audit_entries WHERE action =";
    assert_eq!(count(&format!("{entries} 'key.created'")), keys);
    let ended = count("SELECT count(*) AS number FROM keys WHERE revoked_at IS NOT NULL");
    assert_eq!(count(&format!("{entries} 'key.revoked'")), ended);
    assert_eq!(count("SELECT key_count AS number FROM projects"), keys);
    assert_eq!(
        count("SELECT count(*) AS number FROM audit_entries"),
        count("SELECT last_entry AS number FROM audit_head")
    );
    let mut verifying = command(database.folder(), &["audit", "verify"]);
    let verifying = verifying
        .env("DATABASE_URL", &database.url)
        .env("KEYWARD_SECRET", SECRET);
    let verified = verifying.output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// How often the program is killed; more often with `KEYWARD_TEST_KILLS`.
fn rounds() -> u64 {
    std::env::var("KEYWARD_TEST_KILLS").map_or(6, |rounds| rounds.parse().unwrap())
}

/// The id of a key whose creation was acknowledged.
fn try_create(owner: &Browser) -> Option<i64> {
    let fields = [
        ("csrf", owner.csrf.as_str()),
        ("label", "Kill me"),
        ("scopes", "*"),
        ("environment", "live"),
        ("expires", "never"),
    ];
    let answer = owner
        .client
        .post(owner.at("/projects/default/keys"))
        .form(&fields)
        .send()
        .ok()?;
    let location = answer.headers().get("location")?.to_str().ok()?;
    location.split('/').nth(4)?.parse().ok()
}

fn try_revoke(owner: &Browser, id: i64) -> bool {
    let fields = [
        ("csrf", owner.csrf.as_str()),
        ("reason", "unused"),
        ("note", ""),
    ];
    let path = owner.at(&format!("/projects/default/keys/{id}/revocation"));
    let answer = owner.client.post(path).form(&fields).send();
    answer.is_ok_and(|answer| answer.status() == 303)
}

#[test]
fn what_was_counted_is_soon_written_and_survives_being_killed() {
    let database = TestDatabase::new();
    let mut program = Program::serve(&database, "warn");
    let owner = program.owner(&database);
    let (id, secret) = owner.new_key(&[]);
    for _ in 0..20 {
        assert_eq!(owner.verify(&secret).0, 200);
    }
    // Counts are written every second; this is long enough on a busy machine.
    std::thread::sleep(Duration::from_secs(4));
    program.kill();
    let passed = format!("SELECT requests AS number FROM key_usage WHERE key_id = {id}");
    assert_eq!(database.number(&passed), 20);
}
