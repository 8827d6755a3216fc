use keyward::records::Role;

use crate::app::{Answer, Browser, TestApp, with_defaults};

fn edit(browser: &Browser, id: i64, fields: &[(&str, &str)]) -> Answer {
    let defaults = [
        ("label", "Checkout"),
        ("scopes", "read:assets"),
        ("expires", "keep"),
        ("version", "1"),
    ];
    let all = with_defaults(fields, &defaults);
    browser.post(&format!("/projects/default/keys/{id}/edit"), &all)
}

#[test]
fn an_edit_holds_from_the_next_request_on() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("scopes", "read:assets")]);
    let form = owner.get(&format!("/projects/default/keys/{id}/edit"));
    assert_eq!(form.value("label"), "Production backend");
    assert_eq!(form.value("version"), "1");
    let done = edit(
        &owner,
        id,
        &[("label", "Renamed"), ("scopes", "write:assets")],
    );
    assert_eq!(
        done.location(),
        format!("/projects/default/keys/{id}?done=edited")
    );
    let page = owner.get(done.location());
    assert_eq!(page.text("h1"), "Renamed");
    assert!(page.text(".toast").starts_with("Changes saved"));
    let ask = |scope: &str| {
        let request = owner
            .client
            .get(owner.at(&format!("/verify?scope={scope}")));
        request
            .header("X-API-Key", &secret)
            .send()
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(ask("read:assets"), 403);
    assert_eq!(ask("write:assets"), 200);
    // It is found under its new name and no longer under the old one.
    assert_eq!(
        owner
            .get("/projects/default/keys?q=renamed")
            .texts("td.name .label")
            .len(),
        1
    );
    assert_eq!(
        owner
            .get("/projects/default/keys?q=production")
            .texts("td.name .label")
            .len(),
        0
    );
}

#[test]
fn an_edit_that_meets_a_newer_version_keeps_what_was_typed_and_shows_both() {
    let app = TestApp::start();
    let owner = app.owner();
    let admin = app.person(Role::Admin);
    let id = owner.create_key(&[("label", "Checkout"), ("scopes", "read:assets")]);
    let path = format!("/projects/default/keys/{id}/edit");
    let form = owner.get(&path);
    let seen = form.value("seen");
    let theirs = [("label", "Shop"), ("scopes", "*"), ("seen", seen.as_str())];
    assert_eq!(edit(&admin, id, &theirs).status, 303);
    let before = app.audit_entries();
    // I only change the label, and how many requests there may be.
    let mine = [
        ("label", "Till"),
        ("scopes", "read:assets"),
        ("rate_limit_requests", "5"),
        ("rate_limit_seconds", "60"),
        ("seen", seen.as_str()),
    ];
    let met = edit(&owner, id, &mine);
    assert_eq!(met.status, 409);
    assert_eq!(app.audit_entries(), before);
    let told = met.text("main [role=alert]");
    assert!(
        told.starts_with("admin@example.com changed this key"),
        "{told}"
    );
    assert_eq!(met.texts(".versions td.name"), ["Label", "Scopes"]);
    let yours = met.texts(".versions td[data-th=Yours]");
    assert_eq!(yours[0], "Till");
    assert!(yours[1].starts_with("Not changed by you"));
    assert_eq!(
        met.texts(".versions td[data-th='Saved now']"),
        ["Shop", "*"]
    );
    // The form has mine, and theirs where I changed nothing.
    assert_eq!(met.value("label"), "Till");
    assert_eq!(met.value("rate_limit_requests"), "5");
    assert_eq!(met.texts("option[value=keep][selected]").len(), 1);
    assert_eq!(met.texts("input[name=scopes][checked]").len(), 1);
    assert_eq!(met.texts("input[value='*'][checked]").len(), 1);
    // Saving again saves it.
    let (version, seen) = (met.value("version"), met.value("seen"));
    let again = [
        ("label", "Till"),
        ("scopes", "*"),
        ("version", version.as_str()),
        ("seen", seen.as_str()),
    ];
    assert_eq!(edit(&owner, id, &again).status, 303);
    let page = owner.get(&format!("/projects/default/keys/{id}"));
    assert_eq!(page.text("h1"), "Till");
}

#[test]
fn an_expiry_that_both_changed_shows_both() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let form = owner.get(&format!("/projects/default/keys/{id}/edit"));
    let (version, seen) = (form.value("version"), form.value("seen"));
    let tab = |expires| {
        let fields = [
            ("expires", expires),
            ("version", version.as_str()),
            ("seen", seen.as_str()),
        ];
        edit(&owner, id, &fields)
    };
    assert_eq!(tab("30").status, 303);
    let met = tab("90");
    assert_eq!(met.status, 409);
    let told = met.text("main [role=alert]");
    assert!(
        told.starts_with("You changed this key in another window"),
        "{told}"
    );
    assert_eq!(met.texts(".versions td.name"), ["Expires"]);
    assert_eq!(met.texts(".versions td[data-th=Yours]"), ["In 90 days"]);
    assert!(
        met.text(".versions td[data-th='Saved now']")
            .ends_with("UTC")
    );
    assert_eq!(met.texts("option[value='90'][selected]").len(), 1);
    // Whoever leaves it as it is takes the newer one.
    let untouched = tab("keep");
    assert_eq!(untouched.texts("option[value=keep][selected]").len(), 1);
}

#[test]
fn an_edit_that_changes_nothing_leaves_no_entry() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[("label", "Checkout")]);
    let before = app.audit_entries();
    assert_eq!(edit(&owner, id, &[]).status, 303);
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn a_bad_edit_is_told_beside_the_field() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let fields = [("label", ""), ("expires", "date"), ("allowed_ips", "x")];
    let answer = edit(&owner, id, &fields);
    assert_eq!(answer.status, 422);
    for field in ["label", "expires", "allowed_ips"] {
        assert!(
            !answer.text(&format!("#{field}-error")).is_empty(),
            "{field}"
        );
    }
    assert_eq!(edit(&owner, id, &[("version", "x")]).status, 400);
}

#[test]
fn a_revoked_key_can_not_be_edited() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    owner.revoke(id);
    assert_eq!(
        owner
            .get(&format!("/projects/default/keys/{id}/edit"))
            .status,
        409
    );
    assert_eq!(edit(&owner, id, &[]).status, 409);
}
