use keyward::records::Role;

use super::audit::rows;
use crate::app::{Answer, Browser, TestApp};

/// Adds a loss that nobody has acknowledged, with these keys revoked again.
fn lose(app: &TestApp, entry: i64, from: i64, keys: &str, projects: &str) {
    app.database
        .execute(&format!(
            "INSERT INTO rollbacks (entry, at, lost_from, last_known, is_exact, keys, projects)
             VALUES ({entry}, '2026-01-01 00:00:00', {from}, 105, {}, '{keys}', '{projects}')",
            if from > 1 { "TRUE" } else { "FALSE" },
        ))
        .unwrap();
}

fn acknowledge(browser: &Browser, entry: i64) -> Answer {
    browser.post(&format!("/rollbacks/{entry}/acknowledgement"), &[])
}

#[test]
fn owners_see_what_was_lost_until_one_acknowledges_it() {
    let app = TestApp::start();
    let owner = app.owner();
    assert!(owner.get("/").texts(".lost").is_empty());
    let id = owner.create_key(&[("label", "Checkout <b>")]);
    lose(&app, 90, 101, &id.to_string(), "1");
    let page = owner.get("/");
    assert_eq!(page.text(".lost h2"), "The database lost its last changes");
    let lines = page.texts(".lost p");
    let missing = "5 changes were lost: entries 101 to 105 of the audit log.";
    assert!(lines[0].starts_with(missing), "{}", lines[0]);
    assert_eq!(lines[1], "1 key was revoked again:");
    assert_eq!(lines[2], "Archived again: Default.");
    assert_eq!(page.text(".lost li"), "Checkout <b>");
    let link = format!("href=\"/projects/default/keys/{id}\"");
    assert!(page.body.contains(&link));
    assert_eq!(page.texts(".lost button"), ["Acknowledge loss"]);
    assert_eq!(page.texts(".primary"), ["Create key"]);

    let answer = acknowledge(&owner, 90);
    assert_eq!((answer.status, answer.location()), (303, "/"));
    assert!(owner.get("/").texts(".lost").is_empty());
    let log = rows(&owner.get("/audit")).remove(0);
    let told = "owner@example.com acknowledged the loss of entries 101 to 105";
    assert_eq!(log, told);
    let again = acknowledge(&owner, 90);
    assert_eq!(again.status, 409);
    assert!(
        again
            .body
            .contains("already acknowledged by owner@example.com")
    );
    assert_eq!(acknowledge(&owner, 91).status, 404);
}

#[test]
fn of_many_keys_the_first_are_named_and_of_one_change_it_says_one() {
    let app = TestApp::start();
    let owner = app.owner();
    let ids: Vec<String> = (0..22).map(|_| owner.create_key(&[]).to_string()).collect();
    lose(&app, 90, 1, &ids.join(" "), "");
    let page = owner.get("/");
    assert!(
        page.text(".lost p")
            .starts_with("At least 105 changes were lost")
    );
    let named = page.texts(".lost li");
    assert_eq!(named.len(), 21);
    assert_eq!(named[20], "and 2 more: see the audit log");
    lose(&app, 91, 105, "", "");
    let page = owner.get("/");
    assert_eq!(page.texts(".lost").len(), 2);
    let one = "1 change was lost: entry 105 of the audit log.";
    assert!(page.text(".lost p").starts_with(one));
}

#[test]
fn nobody_but_an_owner_sees_or_acknowledges_it() {
    let app = TestApp::start();
    lose(&app, 90, 101, "", "");
    for role in [Role::Admin, Role::Support, Role::Auditor, Role::Viewer] {
        let person = app.person(role);
        assert!(person.get("/").texts(".lost").is_empty(), "{role}");
        assert_eq!(acknowledge(&person, 90).status, 403, "{role}");
    }
    let forged = app.owner().post_raw("/rollbacks/90/acknowledgement", &[]);
    assert_eq!(forged.status, 403, "without the form's token");
    assert_eq!(app.owner().get("/").texts(".lost").len(), 1);
}

#[test]
fn the_audit_log_tells_it_in_words() {
    let app = TestApp::start();
    let owner = app.owner();
    let insert = "INSERT INTO audit_entries
        (id, at, actor, action, subject, details, previous_hash, hash)
        SELECT last_entry + 1, '2026-01-01 00:00:00', 'Keyward', 'database.rolled_back',
            'entries 101 to 105',
            '{\"missing\":5,\"is_exact\":true,\"revoked_keys\":[7,9],\"archived_projects\":[\"video\"]}',
            hash, hash FROM audit_head";
    app.database.execute(insert).unwrap();
    let log = rows(&owner.get("/audit"));
    assert_eq!(
        log[log.len() - 1],
        "Keyward noticed that the database had lost entries 101 to 105\
         5 changesKeys revoked again: 7, 9Projects archived again: video"
    );
}
