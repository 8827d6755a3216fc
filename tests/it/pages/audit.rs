use keyward::domain::policy::Role;

use crate::app::TestApp;

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
    let told = log.texts(".entries li > p:first-child");
    assert_eq!(told[0], "viewer@example.com was not allowed to create keys");
    assert_eq!(told[1], "viewer@example.com signed in");
    assert_eq!(told[2], "command line added viewer@example.comas viewer");
    assert_eq!(told[3], "owner@example.com revoked Checkout 2Compromised");
    assert!(told[4].starts_with("owner@example.com edited Checkout"));
    assert!(
        told[4].contains("Label: Checkout → Checkout 2"),
        "{}",
        told[4]
    );
    assert!(told[4].contains("Scopes: read:assets → write:assets"));
    assert!(told[4].contains("→ none"));
    assert_eq!(told[5], "owner@example.com revealed Checkout");
    assert_eq!(told[6], "owner@example.com created Checkout");
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
