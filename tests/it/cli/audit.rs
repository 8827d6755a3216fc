//! `keyward audit`: what was done to a log is found, and named, in a database and in a file.

use std::path::PathBuf;
use std::process::Output;

use super::{command_on, json_lines, run_on, told};
use crate::app::{TestApp, TestDatabase};
use crate::program::{command, run_with_input};

/// How many entries the log has that is tampered with.
const ENTRIES: i64 = 10_000;

/// Numbers that look random, the same ones in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// An instance without anybody in it, whose log has so many entries.
fn long_log(entries: i64) -> TestApp {
    let mut app = TestApp::start();
    app.stop();
    let mut conn = app.database.connect();
    let actor = keyward::access::Actor::service();
    let missing = entries - app.audit_entries();
    for number in 0..missing {
        let subject = format!("Thing {number} \"äöü\"");
        let entry = keyward::db::NewEntry::new(&actor, app.clock.now(), "key.edited", subject);
        keyward::db::note(&mut conn, entry).unwrap();
    }
    app
}

fn disarm(database: &TestDatabase) {
    let disarm = match database.is_postgres() {
        true => {
            "ALTER TABLE audit_entries DISABLE TRIGGER ALL;
             ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL"
        }
        false => {
            "DROP TRIGGER audit_entries_keep; DROP TRIGGER audit_entries_stay;
             DROP TRIGGER audit_checkpoints_keep; DROP TRIGGER audit_checkpoints_stay"
        }
    };
    database.execute(disarm).unwrap();
}

/// What `keyward audit verify` says: the kind of break and its entry, if there is one.
fn verdict(output: &Output) -> Option<(String, i64)> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let found: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let intact = found["intact"] == true;
    assert_eq!(output.status.code(), Some(i32::from(!intact)), "{found}");
    let kind = found["kind"].as_str()?.to_owned();
    Some((kind, found["entry"].as_i64().unwrap_or(0)))
}

fn verify(app: &TestApp) -> Option<(String, i64)> {
    verdict(&run_on(app, &["audit", "verify", "--json"]))
}

fn broken(kind: &str, entry: i64) -> Option<(String, i64)> {
    Some((kind.to_owned(), entry))
}

/// Exports into a file and returns its path, with the public key.
fn export(app: &TestApp, arguments: &[&str]) -> (PathBuf, String) {
    let path = app.database.folder().join("audit.jsonl");
    let output = ["audit", "export", "--output", path.to_str().unwrap()];
    let all = [&output[..], arguments].concat();
    let (code, text) = told(&run_on(app, &all));
    assert_eq!(code, 0, "{text}");
    let key = run_on(app, &["audit", "public-key"]);
    let key = String::from_utf8(key.stdout).unwrap();
    (path, key.trim().to_owned())
}

/// Verifies a file where there is no database.
fn verify_file(path: &str, key: &str) -> Option<(String, i64)> {
    let arguments = ["audit", "verify", path, "--public-key", key, "--json"];
    let folder = tempfile::tempdir().unwrap();
    verdict(&command(folder.path(), &arguments).output().unwrap())
}

#[test]
fn a_log_that_nobody_touched_is_intact() {
    let app = long_log(ENTRIES);
    assert_eq!(verify(&app), None);
    let checkpoint = run_on(&app, &["audit", "checkpoint", "--json"]);
    assert_eq!(json_lines(&checkpoint)[0]["entry"], ENTRIES);
    let (code, text) = told(&run_on(&app, &["audit", "verify"]));
    assert_eq!(code, 0);
    assert!(
        text.starts_with("10000 entries are what was written, up to entry 10000"),
        "{text}"
    );
    let (path, key) = export(&app, &[]);
    assert_eq!(verify_file(path.to_str().unwrap(), &key), None);
}

#[test]
fn whatever_is_done_to_a_database_is_found_at_its_place() {
    let app = long_log(ENTRIES);
    disarm(&app.database);
    let mut chance = Chance(7);
    let restore = |statements: &str| app.database.execute(statements).unwrap();
    for round in 0..4 {
        let at = 100 + chance.below(ENTRIES - 200);
        // Changed, with and without a hash that fits.
        let field = ["subject", "actor", "details", "action"][round];
        let changing = format!("UPDATE audit_entries SET {field} = {field} || 'x' WHERE id = {at}");
        restore(&changing);
        assert_eq!(verify(&app), broken("changed", at), "{changing}");
        let length = format!("length({field}) - 1");
        restore(&format!(
            "UPDATE audit_entries SET {field} = substr({field}, 1, {length}) WHERE id = {at}"
        ));
        assert_eq!(verify(&app), None);
        // Two that change places.
        let other = 100 + chance.below(ENTRIES - 200);
        let (first, second) = (at.min(other), at.max(other));
        let swapping = format!(
            "UPDATE audit_entries SET id = -1 WHERE id = {first};
             UPDATE audit_entries SET id = {first} WHERE id = {second};
             UPDATE audit_entries SET id = {second} WHERE id = -1"
        );
        if first != second {
            restore(&swapping);
            assert_eq!(verify(&app), broken("moved", first), "{first} and {second}");
            restore(&swapping);
        }
        // A copy of another entry in between, and the rest moved up.
        let inserting = format!(
            "UPDATE audit_entries SET id = -id - 1 WHERE id >= {at};
             UPDATE audit_entries SET id = -id WHERE id < 0;
             INSERT INTO audit_entries (id, at, actor, actor_id, action, subject, details,
               previous_hash, hash)
             SELECT {at}, at, 'mallory', actor_id, action, subject, details, previous_hash, hash
               FROM audit_entries WHERE id = 50"
        );
        restore(&inserting);
        assert_eq!(verify(&app), broken("inserted", at), "at {at}");
        restore(&format!(
            "DELETE FROM audit_entries WHERE id = {at};
             UPDATE audit_entries SET id = -id + 1 WHERE id > {at};
             UPDATE audit_entries SET id = -id WHERE id < 0"
        ));
        assert_eq!(verify(&app), None);
    }
    // Removed; the hole stays.
    let at = 100 + chance.below(ENTRIES - 200);
    restore(&format!("DELETE FROM audit_entries WHERE id = {at}"));
    assert_eq!(verify(&app), broken("removed", at));
}

#[test]
fn cutting_off_the_end_shows_against_a_checkpoint_that_was_kept() {
    let app = long_log(500);
    let kept = run_on(&app, &["audit", "checkpoint"]);
    let kept = String::from_utf8(kept.stdout).unwrap();
    disarm(&app.database);
    let cut = "DELETE FROM audit_entries WHERE id > 400;
               UPDATE audit_head SET last_entry = 400,
                 hash = (SELECT hash FROM audit_entries WHERE id = 400)";
    app.database
        .execute("DELETE FROM audit_entries WHERE id > 450")
        .unwrap();
    assert_eq!(verify(&app), broken("cut_off", 451));
    app.database.execute(cut).unwrap();
    assert_eq!(verify(&app), broken("cut_off", 401));
    // Whoever removes the checkpoints as well is betrayed by the one kept elsewhere.
    app.database
        .execute("DELETE FROM audit_checkpoints")
        .unwrap();
    assert_eq!(verify(&app), None);
    let arguments = ["audit", "verify", "--json", "--checkpoint", "-"];
    let mut checking = command_on(&app, &arguments);
    let found = run_with_input(&mut checking, &kept);
    assert_eq!(verdict(&found), broken("cut_off", 401));
    // A checkpoint that somebody wrote is none.
    let forged = kept.replace("500", "400");
    let found = run_with_input(&mut checking, &forged);
    let (code, text) = told(&found);
    assert_eq!(code, 1);
    assert!(
        text.contains("it was changed after it was signed"),
        "{text}"
    );
}

#[test]
fn a_log_that_was_written_anew_contradicts_its_checkpoint() {
    let app = long_log(300);
    run_on(&app, &["audit", "checkpoint"]);
    disarm(&app.database);
    // Every entry from 200 on is another one, and every hash fits.
    let entries = "DELETE FROM audit_entries WHERE id >= 200;
                   UPDATE audit_head SET last_entry = 199,
                     hash = (SELECT hash FROM audit_entries WHERE id = 199)";
    app.database.execute(entries).unwrap();
    let mut conn = app.database.connect();
    let actor = keyward::access::Actor::service();
    for _ in 200..=300 {
        let entry = keyward::db::NewEntry::new(&actor, app.clock.now(), "key.edited", "another");
        keyward::db::note(&mut conn, entry).unwrap();
    }
    let found = verify(&app).unwrap();
    assert_eq!(found.0, "rewritten");
    assert!(found.1 <= 200, "{found:?}");
    // Nor is it once the checkpoint says what the new entries do: its signature does not fit.
    let forging = "UPDATE audit_checkpoints
        SET hash = (SELECT hash FROM audit_entries WHERE id = entry)";
    app.database.execute(forging).unwrap();
    assert_eq!(verify(&app), broken("checkpoint_changed", 300));
    // It is not signed again.
    let (code, text) = told(&run_on(&app, &["audit", "checkpoint"]));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("Nothing was signed"), "{text}");
}

#[test]
fn whatever_is_done_to_a_file_is_found_at_its_place() {
    let app = long_log(ENTRIES);
    let (path, key) = export(&app, &[]);
    let whole = std::fs::read_to_string(&path).unwrap();
    // The first line says what it is, so the entry with number n is line n.
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(i64::try_from(lines.len()).unwrap(), ENTRIES + 3);
    let tampered = app.database.folder().join("tampered.jsonl");
    let tampered = tampered.to_str().unwrap();
    let verify = |lines: &[&str]| {
        std::fs::write(tampered, lines.join("\n") + "\n").unwrap();
        verify_file(tampered, &key)
    };
    let mut chance = Chance(11);
    for _ in 0..3 {
        let at = 100 + chance.below(ENTRIES - 200);
        let place = usize::try_from(at).unwrap();
        let changed = lines[place].replace("\"Keyward\"", "\"mallory\"");
        let mut changing = lines.clone();
        changing[place] = &changed;
        assert_eq!(verify(&changing), broken("changed", at));
        changing[place] = "{\"entry\":";
        assert_eq!(verify(&changing), broken("changed", at));
        let mut removing = lines.clone();
        removing.remove(place);
        assert_eq!(verify(&removing), broken("removed", at));
        let mut inserting = lines.clone();
        inserting.insert(place, lines[50]);
        assert_eq!(verify(&inserting), broken("inserted", at));
        let mut swapping = lines.clone();
        swapping.swap(place, place + 7);
        assert_eq!(verify(&swapping), broken("moved", at));
        let cut = verify(&lines[..place]);
        assert_eq!(cut, broken("unfinished", at));
    }
    // Without its last line, it is not complete; with an edited first one, it is not what was signed.
    assert_eq!(
        verify(&lines[..lines.len() - 1]),
        broken("unfinished", ENTRIES + 2)
    );
    let edited = lines[0].replace("command line", "nobody");
    let mut editing = lines.clone();
    editing[0] = &edited;
    assert_eq!(verify(&editing), broken("file_changed", 0));
    // A file of another instance, and one that is none.
    let other = key.replacen("keyward-", "keyward-0", 1);
    let (code, _) = told(&run_on(
        &app,
        &["audit", "verify", tampered, "--public-key", &other],
    ));
    assert_eq!(code, 2);
    std::fs::write(tampered, "{}\n").unwrap();
    let (code, text) = told(&run_on(
        &app,
        &["audit", "verify", tampered, "--public-key", &key],
    ));
    assert_eq!(code, 1);
    assert!(text.contains("not an export of an audit log"), "{text}");
}

#[test]
fn a_filtered_file_is_signed_as_it_is() {
    let app = TestApp::start();
    let owner = app.owner();
    for number in 0..5 {
        let id = owner.create_key(&[("label", &format!("Key {number}"))]);
        owner.revoke(id);
    }
    let (path, key) = export(&app, &["--action", "key.revoked"]);
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(lines.len(), 7);
    let path = path.to_str().unwrap();
    assert_eq!(verify_file(path, &key), None);
    std::fs::write(path, [&lines[..2], &lines[3..]].concat().join("\n") + "\n").unwrap();
    assert_eq!(verify_file(path, &key), broken("file_changed", 0));
    let changed = whole.replace("Key 3", "Key 4");
    std::fs::write(path, changed).unwrap();
    assert_eq!(verify_file(path, &key).unwrap().0, "changed");
    // The export is itself an entry.
    let log = owner.get("/audit?action=audit.exported");
    assert!(log.text(".log [data-th=Target]").contains("JSON Lines"));
    assert!(
        log.text(".log [data-th=Target]")
            .contains("action: key.revoked")
    );
}

#[test]
fn a_csv_file_has_a_row_for_each_entry() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "=HYPERLINK(\"http://example.com\"), \"quoted\"")]);
    let output = run_on(
        &app,
        &["audit", "export", "--format", "csv", "--action", "keys"],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(rows.len(), 3);
    assert!(
        rows[0].starts_with("entry,time,actor,actor_id,action,target,project"),
        "{text}"
    );
    let cell = "\"'=HYPERLINK(\"\"http://example.com\"\"), \"\"quoted\"\"\"";
    assert!(rows[1].contains(cell), "{text}");
    assert!(rows[1].contains(",default,"), "{text}");
}

#[test]
fn wrong_filters_are_said_and_nothing_is_written() {
    let app = TestApp::start();
    let path = app.database.folder().join("out.csv");
    let name = path.to_str().unwrap();
    for wrong in [
        &["--from", "yesterday"][..],
        &["--project", "nope"],
        &["--key", "first"],
        &["--action", "nothing"],
    ] {
        let all = [&["audit", "export", "--output", name][..], wrong].concat();
        let (code, text) = told(&run_on(&app, &all));
        assert_eq!(code, 1, "{text}");
        assert!(!path.exists());
    }
    let (code, text) = told(&run_on(
        &app,
        &["audit", "export", "--output", "/nowhere/out"],
    ));
    assert_eq!(code, 1);
    assert!(text.contains("/nowhere/out can't be written"), "{text}");
}

#[test]
fn a_file_can_be_checked_with_the_script_of_the_documentation() {
    let app = long_log(50);
    let (path, _) = export(&app, &[]);
    let page = include_str!("../../../docs/audit-log.md");
    let script = page.split("```python\n").nth(1).unwrap();
    let script = script.split("```").next().unwrap();
    let check = || {
        let mut python = std::process::Command::new("python3");
        let file = std::fs::File::open(&path).unwrap();
        python.args(["-c", script]).stdin(file).output().unwrap()
    };
    assert!(check().status.success());
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, whole.replace("Thing 7 ", "Thing 8 ")).unwrap();
    let found = told(&check());
    assert_eq!(found.0, 1);
    assert!(found.1.contains("was changed"), "{}", found.1);
}
