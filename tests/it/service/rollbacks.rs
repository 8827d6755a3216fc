//! What instances write when the database lost its last changes: any number of them, in any order.

use keyward::access::Actor;
use keyward::clock::Clock;
use keyward::db::instances::{self, Head};
use keyward::db::rollbacks::{self, Loss};
use keyward::domain::Op;
use keyward::domain::rollbacks::{Undone, record};
use keyward::records::Rollback;
use keyward_key::KeyDigest;

use crate::app::TestApp;

/// The heads that an instance knew, the last `lost` of which the database does not have.
fn known(app: &TestApp, lost: i64) -> Vec<Head> {
    let mut conn = app.database.connect();
    let head = instances::head(&mut conn).unwrap();
    let mut known = instances::heads(&mut conn, 0, &head).unwrap();
    known.extend((1..=lost).map(|ahead| Head {
        entry: head.entry + ahead,
        hash: vec![7; 32],
    }));
    known
}

fn compare(app: &TestApp, known: &[Head]) -> Option<Loss> {
    rollbacks::compare(&mut app.database.connect(), known).unwrap()
}

fn tell(app: &TestApp, loss: &Loss, keys: &[(i64, &str)]) -> Option<Rollback> {
    let keys = keys.iter().map(|(id, secret)| (*id, KeyDigest::of(secret)));
    let undone = Undone {
        keys: keys.collect(),
        projects: Vec::new(),
    };
    let (mut conn, actor) = (app.database.connect(), Actor::service());
    let mut op = Op::new(&mut conn, &actor, Clock::default().now());
    record(&mut op, loss, &undone, 1).unwrap()
}

#[test]
fn the_log_shows_from_which_entry_on_it_was_lost() {
    let app = TestApp::start();
    app.owner().create_key(&[]);
    assert!(compare(&app, &[]).is_none(), "nothing was known");
    assert!(compare(&app, &known(&app, 0)).is_none(), "it continues");
    let last = app.audit_entries();
    let loss = compare(&app, &known(&app, 3)).unwrap();
    assert_eq!((loss.lost_from(), loss.is_exact()), (last + 1, true));
    assert_eq!(loss.last_known().entry, last + 3);
    // Another entry has the number by now, or more was lost than is known by its hash.
    let mut other = known(&app, 0);
    other.last_mut().unwrap().hash = vec![7; 32];
    assert_eq!(compare(&app, &other).unwrap().lost_from(), last);
    let all_lost = &known(&app, 3)[known(&app, 0).len()..];
    let loss = compare(&app, all_lost).unwrap();
    assert_eq!((loss.lost_from(), loss.is_exact()), (last + 1, false));
}

#[test]
fn several_instances_write_it_once_unless_one_knows_of_more() {
    let app = TestApp::start();
    let owner = app.owner();
    let (first, first_secret) = owner.new_key(&[("label", "First")]);
    let (second, second_secret) = owner.new_key(&[("label", "Second")]);
    let heads = known(&app, 3);
    let loss = || compare(&app, &heads).unwrap();
    let written = tell(&app, &loss(), &[(first, &first_secret)]).unwrap();
    assert_eq!(
        (written.keys.as_slice(), written.missing()),
        (&[first][..], 3)
    );
    assert_eq!(owner.verify(&first_secret).1, "REVOKED");
    // The same again, and by one that knew less.
    let entries = app.audit_entries();
    assert!(tell(&app, &loss(), &[(first, &first_secret)]).is_none());
    let less = compare(&app, &heads[..heads.len() - 1]).unwrap();
    assert!(tell(&app, &less, &[]).is_none());
    assert_eq!(app.audit_entries(), entries);
    // By one that knows of another revocation.
    let keys = [(first, &*first_secret), (second, &*second_secret)];
    let more = tell(&app, &loss(), &keys).unwrap();
    assert_eq!(more.keys, [second]);
    assert_eq!(owner.verify(&second_secret).1, "REVOKED");
    // A loss of what came after is another one.
    let again = compare(&app, &known(&app, 1)).unwrap();
    assert!(tell(&app, &again, &[]).is_some());
}

#[test]
fn a_lost_revocation_ends_the_key_and_its_waiting_secret_but_no_other_key() {
    let app = TestApp::start();
    let owner = app.owner();
    let waiting = owner.create_key(&[("label", "Waiting")]);
    let (other, other_secret) = owner.new_key(&[("label", "Other")]);
    let loss = compare(&app, &known(&app, 1)).unwrap();
    // The digest of the waiting key is known to the database alone.
    let digests = "SELECT count(*) AS number FROM reveals WHERE kind = 'key'";
    assert_eq!(app.database.number(digests), 1);
    let gone = tell(&app, &loss, &[(other, "mk_live_another_key_had_this_id")]).unwrap();
    assert!(gone.keys.is_empty());
    assert_eq!(owner.verify(&other_secret).0, 200);
    let secret = "an imported key";
    let digest = KeyDigest::of(secret);
    let hex: String = digest
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let value = match app.database.is_postgres() {
        true => format!("'\\x{hex}'"),
        false => format!("x'{hex}'"),
    };
    app.database
        .execute(&format!(
            "UPDATE keys SET digest = {value} WHERE id = {waiting}"
        ))
        .unwrap();
    let ended = tell(&app, &loss, &[(waiting, secret)]).unwrap();
    assert_eq!(ended.keys, [waiting]);
    assert_eq!(app.database.number(digests), 0);
}
