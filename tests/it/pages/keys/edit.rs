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
fn of_two_tabs_the_second_is_told_that_something_changed() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    assert_eq!(edit(&owner, id, &[("label", "First")]).status, 303);
    let second = edit(&owner, id, &[("label", "Second")]);
    assert_eq!(second.status, 409);
    assert_eq!(second.text("h1"), "Something changed in between");
    assert!(
        second
            .body
            .contains("Somebody changed this after you opened the form")
    );
    assert_eq!(
        owner
            .get(&format!("/projects/default/keys/{id}"))
            .text("h1"),
        "First"
    );
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
