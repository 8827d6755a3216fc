//! The overview of all projects, and of one.

use keyward::records::Role;
use time::Duration;

use crate::app::{TestApp, eventually};

#[test]
fn figures_lead_to_the_keys_that_they_count() {
    let app = TestApp::start();
    let owner = app.owner();
    let (revoked, secret) = owner.new_key(&[("label", "Leaked")]);
    owner.create_key(&[("label", "Soon"), ("expires", "30")]);
    owner.create_key(&[("label", "Plain"), ("expires", "never")]);
    app.other_project();
    owner.revoke(revoked);
    assert_eq!(owner.verify(&secret).0, 401);
    let page = eventually(|| {
        let page = owner.get("/");
        page.text(".figures .bad strong").eq("1").then_some(page)
    });
    let figures = page.texts(".figures li");
    let expected = [
        "Active keys 3",
        "Requests, 24 hours 1",
        "Refused, 24 hours 100%",
        "Expire within 30 days 1",
        "Dormant 0",
        "Dead but still tried 1",
    ];
    assert_eq!(figures, expected);
    for link in page.links(".figures a") {
        assert_eq!(owner.get(&link).status, 200, "{link}");
    }
    // One click away: which dead keys are still tried.
    let tried = owner.get(&page.link(".figures .bad a"));
    assert_eq!(tried.texts("td.name .label"), ["Leaked"]);
    assert_eq!(tried.texts(".of-project h2 a"), ["Default"]);
    // The attention list says why, and what to do.
    let concern = page.text(".concerns li");
    assert!(concern.starts_with("Revoked Leaked"), "{concern}");
    assert!(
        concern.contains("Revoked just now, last tried just now"),
        "{concern}"
    );
    assert_eq!(
        page.link(".concerns .btn"),
        format!("/projects/default/keys/{revoked}#callers")
    );
    // The overview of a project counts its own.
    let own = owner.get("/projects/other");
    assert_eq!(own.text(".figures strong"), "1");
    assert_eq!(own.text("h1"), "Other");
    assert!(own.texts(".concerns li").is_empty());
    // The chart has a series for each project with requests, and the changes are told.
    assert!(
        page.text(".chart figcaption")
            .starts_with("0 passed, 1 refused")
    );
    let changes = page.texts(".entries > li > p:first-child");
    assert_eq!(changes[0], "owner@example.com revoked LeakedCompromised");
}

#[test]
fn a_new_instance_shows_the_way_until_the_first_verification() {
    let app = TestApp::start();
    let owner = app.owner();
    let done = || owner.get("/").texts(".first-steps .done a");
    assert_eq!(done(), ["Describe your scopes"]);
    assert_eq!(owner.get("/").texts(".primary"), ["Create key"]);
    let (_, secret) = owner.new_key(&[]);
    assert_eq!(done(), ["Describe your scopes", "Create the first key"]);
    // Those who can't create keys are not told to.
    assert!(
        app.person(Role::Auditor)
            .get("/")
            .texts(".first-steps")
            .is_empty()
    );
    assert_eq!(owner.verify(&secret).0, 200);
    eventually(|| {
        owner
            .get("/")
            .texts(".first-steps")
            .is_empty()
            .then_some(())
    });
}

#[test]
fn who_can_write_and_was_not_seen_for_90_days_is_a_question_of_two_filters() {
    let app = TestApp::start();
    let owner = app.owner();
    for (label, scopes, expires) in [
        ("Writes", "write:assets", "never"),
        ("Everything", "*", "never"),
        ("Reads", "read:assets", "never"),
        ("Writes, expiring", "write:assets", "never"),
    ] {
        owner.create_key(&[("label", label), ("scopes", scopes), ("expires", expires)]);
    }
    let (revoked, _) = owner.new_key(&[("label", "Revoked"), ("scopes", "write:assets")]);
    owner.revoke(revoked);
    app.clock.advance(Duration::days(90) + Duration::hours(12));
    // It expires in two days, and was not seen either.
    let soon = keyward::clock::rfc3339(app.clock.now() + Duration::days(2));
    let soon = soon.replace('T', " ").replace('Z', "");
    let expiring =
        format!("UPDATE keys SET expires_at = '{soon}' WHERE label = 'Writes, expiring'");
    app.database.execute(&expiring).unwrap();
    let owner = app.owner();
    owner.create_key(&[("label", "New"), ("scopes", "write:assets")]);
    let page = owner.get("/keys?state=working&scope=write:assets&unused=90");
    let mut labels = page.texts("td.name .label");
    labels.sort();
    assert_eq!(labels, ["Everything", "Writes", "Writes, expiring"]);
    // What is chosen stays chosen, and the view can be changed with it.
    assert_eq!(
        page.text("[name=scope] option[selected]"),
        "Can use write:assets"
    );
    assert_eq!(
        page.text("[name=unused] option[selected]"),
        "Not used for 90 days"
    );
    let dormant = page.links(".tabs a")[3].clone();
    assert_eq!(
        dormant,
        "/keys?state=dormant&scope=write%3Aassets&unused=90"
    );
    assert_eq!(owner.get(&dormant).texts("td.name .label").len(), 2);
}
