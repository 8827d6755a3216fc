use keyward::records::Role;

use crate::app::{Browser, TestApp};
use crate::pages::users::{id_of, invite};

/// What the audit log says, the newest first.
fn told(browser: &Browser) -> Vec<String> {
    browser.get("/audit").texts(".entries li > p:first-child")
}

/// What it says below that: when, where, from where.
fn below(browser: &Browser) -> Vec<String> {
    browser.get("/audit").texts(".entries li > p:last-child")
}

#[test]
fn every_change_and_denial_is_told_in_words() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[("label", "Checkout")]);
    owner.post(&format!("/projects/default/keys/{id}/reveal"), &[]);
    let fields = [
        ("label", "Checkout 2"),
        ("scopes", "write:assets"),
        ("expires", "never"),
        ("version", "1"),
    ];
    assert_eq!(
        owner
            .post(&format!("/projects/default/keys/{id}/edit"), &fields)
            .status,
        303
    );
    owner.revoke(id);
    let viewer = app.person(Role::Viewer);
    assert_eq!(viewer.get("/projects/default/keys/new").status, 403);
    let log = owner.get("/audit");
    let rows = log.texts(".entries li > p:first-child");
    assert_eq!(rows[0], "viewer@example.com was not allowed to create keys");
    assert_eq!(rows[1], "viewer@example.com signed in");
    assert_eq!(rows[2], "command line added viewer@example.comas Viewer");
    assert_eq!(rows[3], "owner@example.com revoked Checkout 2Compromised");
    assert!(rows[4].starts_with("owner@example.com edited Checkout"));
    assert!(
        rows[4].contains("Label: Checkout → Checkout 2"),
        "{}",
        rows[4]
    );
    assert!(rows[4].contains("Scopes: read:assets → write:assets"));
    assert!(rows[4].contains("→ none"));
    assert_eq!(rows[5], "owner@example.com revealed Checkout");
    assert_eq!(rows[6], "owner@example.com created Checkout");
    let below = below(&owner);
    assert!(below[6].contains(" · mk_live_"), "{}", below[6]);
    assert!(below[6].contains(" · Default · from "), "{}", below[6]);
}

#[test]
fn roles_are_told_with_where_they_hold() {
    let app = TestApp::start();
    let owner = app.owner();
    invite(&owner, "ana@example.com", "viewer", "default");
    let ana = id_of(&app, "ana@example.com").to_string();
    let path = "/projects/default/grants";
    let role = [("email", "ana@example.com"), ("role", "admin")];
    assert_eq!(owner.post(path, &role).status, 303);
    let removal = format!("{path}/removal");
    assert_eq!(owner.post(&removal, &[("user", &ana)]).status, 303);
    let everywhere = [("role", "auditor"), ("project", "*")];
    let given = owner.post(&format!("/users/{ana}/grants"), &everywhere);
    assert_eq!(given.status, 303);
    let rows = told(&owner);
    assert_eq!(
        rows[..3],
        [
            "owner@example.com made ana@example.com Auditor of all projects",
            "owner@example.com removed the role Admin on Default from ana@example.com",
            "owner@example.com made ana@example.com Admin of Defaultwas Viewer",
        ]
    );
    assert!(!below(&owner)[1].contains("Default"));
}

#[test]
fn scopes_are_told_by_name() {
    let app = TestApp::start();
    let owner = app.owner();
    let path = "/projects/default/scopes";
    let scope = [("name", "jobs:read"), ("description", "List jobs")];
    assert_eq!(owner.post(path, &scope).status, 303);
    let edit = format!("{path}/jobs:read/edit");
    let seen = owner.get(&edit).value("seen");
    let fields = [("description", "See jobs"), ("seen", seen.as_str())];
    assert_eq!(owner.post(&edit, &fields).status, 303);
    let removal = format!("{path}/jobs:read/removal");
    assert_eq!(owner.post(&removal, &[]).status, 303);
    let ready = [("catalogue", "streaming")];
    let added = owner.post(&format!("{path}/catalogue"), &ready);
    assert_eq!(added.status, 303);
    let rows = told(&owner);
    assert_eq!(
        rows[..4],
        [
            "owner@example.com added the Streaming scopes to Default\
             streams:read, streams:write, vod:read, vod:write",
            "owner@example.com removed the scope jobs:read from Default",
            "owner@example.com edited the scope jobs:read of Default\
             Description: List jobs → See jobs",
            "owner@example.com added the scope jobs:read to Default",
        ]
    );
    assert!(!below(&owner)[0].contains("Default"));
}

#[test]
fn a_project_auditor_sees_the_own_project_and_nothing_of_people() {
    let app = TestApp::start();
    app.other_project();
    app.owner().create_key(&[("label", "Own")]);
    let log = app.person(Role::Auditor).get("/audit");
    assert!(log.body.contains("Own"));
    assert!(!log.body.contains("Foreign"));
    assert!(!log.body.contains("signed in"));
    assert_eq!(app.person(Role::Viewer).get("/audit").status, 403);
}

#[test]
fn older_entries_are_a_page_away() {
    let app = TestApp::start();
    let owner = app.owner();
    for number in 0..60 {
        owner.create_key(&[("label", &format!("Key {number}"))]);
    }
    let first = owner.get("/audit");
    assert_eq!(first.texts(".entries li").len(), 50);
    let page = scraper::Html::parse_document(&first.body);
    let selector = scraper::Selector::parse("a[rel=next]").unwrap();
    let next = page
        .select(&selector)
        .next()
        .unwrap()
        .value()
        .attr("href")
        .unwrap()
        .to_owned();
    let second = owner.get(&next);
    assert!(second.text(".entries li").contains("Key 9"));
    assert!(second.texts("a[rel=next]").is_empty());
}
