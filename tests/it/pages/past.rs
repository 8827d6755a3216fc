//! Keys and roles as they were.

use keyward::records::Role;
use time::Duration;

use crate::app::{Answer, TestApp};
use crate::cli::import::{import, line};

const PAST: &str = "/projects/default/past";
const ADMIN: &str = "ann@example.com";

/// Today, and goes on to the next day.
fn end_day(app: &TestApp) -> String {
    let day = app.clock.now().date().to_string();
    app.clock.advance(Duration::DAY);
    day
}

/// The cell of a row that begins with `name`.
fn cell(page: &Answer, name: &str, column: usize) -> String {
    let cells = page.texts("tbody td");
    let place = cells.iter().position(|one| one == name).expect(name);
    cells[place + column].clone()
}

#[test]
fn a_key_is_shown_as_it_was_with_what_made_it_so() {
    let app = TestApp::start();
    let id = app
        .owner()
        .create_key(&[("label", "Before"), ("expires", "never")]);
    assert!(import(&app, &[line("an-old-secret")], &[]).status.success());
    let first = end_day(&app);
    let api = app.owners_program();
    let patch = serde_json::json!({"name": "After", "scopes": ["write:assets"], "owner": null});
    assert_eq!(api.patch(&format!("/keys/{id}"), &patch).status, 200);
    let rotated = api.post(&format!("/keys/{id}/rotation"), &serde_json::json!({}));
    assert_eq!(rotated.status, 201, "{}", rotated.body);
    let second = end_day(&app);
    let owner = app.owner();
    owner.revoke(id);
    let third = end_day(&app);
    let owner = app.owner();
    let list = |day: &str| owner.get(&format!("{PAST}?day={day}"));
    let page = list(&first);
    assert_eq!(page.status, 200);
    assert_eq!(page.texts("tbody .label"), ["Checkout", "Before"]);
    assert!(
        page.text(".notice")
            .starts_with("A view of the past: as of ")
    );
    assert!(page.text(".notice").contains("23:59:59 UTC"));
    assert_eq!(page.texts("main form[method=post]").len(), 0);
    let page = list(&second);
    assert_eq!(page.texts("tbody .label"), ["After", "Checkout", "After"]);
    assert_eq!(
        list(&third).texts("tbody .state"),
        ["Active", "Active", "Revoked"]
    );
    let filtered = owner.get(&format!("{PAST}?day={third}&state=revoked"));
    assert_eq!(filtered.texts("tbody .label"), ["After"]);
    let filtered = owner.get(&format!("{PAST}?day={second}&scope=write:assets"));
    // With every scope one may write, too.
    assert_eq!(
        filtered.texts("tbody .label"),
        ["After", "Checkout", "After"]
    );
    let key = |day: &str| owner.get(&format!("{PAST}/keys/{id}?day={day}"));
    let then = key(&first);
    assert_eq!(cell(&then, "Label", 1), "Before");
    assert_eq!(cell(&then, "Scopes", 1), "read:assets");
    assert_eq!(cell(&then, "Expires", 1), "never");
    assert_eq!(cell(&then, "Owner", 1), "owner@example.com");
    let made = cell(&then, "Label", 2);
    let then = key(&second);
    assert_eq!(cell(&then, "Label", 1), "After");
    assert_eq!(cell(&then, "Owner", 1), "nobody");
    assert_ne!(cell(&then, "Label", 2), made, "another entry made it so");
    assert_eq!(cell(&then, "Created", 2), made);
    assert!(
        cell(&then, "Expires", 1).ends_with("UTC"),
        "its successor has taken over"
    );
    let entry = owner.get(&then.link("tbody a"));
    assert_eq!(entry.status, 200);
    assert!(cell(&key(&third), "State", 1).contains("by owner@example.com"));
    assert_eq!(
        cell(
            &owner.get(&format!("{PAST}/keys/2?day={first}")),
            "Label",
            2
        ),
        "an import"
    );
    // Before there was anything, and after the present.
    assert!(list("2020-01-01").text("main").contains("No keys then"));
    assert_eq!(
        owner
            .get(&format!("{PAST}/keys/{id}?day=2020-01-01"))
            .status,
        404
    );
    assert_eq!(list("2199-01-01").status, 422);
    assert_eq!(list("soon").status, 422);
    assert!(owner.get(PAST).text("main").contains("Choose a day"));
    let minute = owner.get(&format!("{PAST}?day={first}&time=00:00"));
    assert_eq!(minute.status, 200);
}

#[test]
fn roles_are_shown_as_they_were() {
    let app = TestApp::start();
    let api = app.owners_program();
    let new = serde_json::json!({"email": ADMIN, "role": "admin", "project": "default"});
    let id = api.post("/users", &new).json()["data"]["id"].clone();
    let first = end_day(&app);
    let api = app.owners_program();
    api.put(
        &format!("/projects/default/grants/{ADMIN}"),
        &serde_json::json!({"role": "viewer"}),
    );
    api.patch(
        &format!("/users/{id}"),
        &serde_json::json!({"disabled": true}),
    );
    let second = end_day(&app);
    let api = app.owners_program();
    let taken = api.delete(&format!("/projects/default/grants/{ADMIN}"));
    assert_eq!(taken.status, 204, "{}", taken.body);
    let third = end_day(&app);
    let owner = app.owner();
    let on = |day: &str| owner.get(&format!("{PAST}/roles?day={day}"));
    assert_eq!(cell(&on(&first), ADMIN, 1), "Admin");
    assert_eq!(cell(&on(&first), ADMIN, 2), "this project");
    assert_eq!(
        cell(&on(&second), &format!("{ADMIN} disabled"), 1),
        "Viewer"
    );
    assert!(!on(&third).text("main").contains(ADMIN));
    assert_eq!(cell(&on(&third), "owner@example.com", 2), "all projects");
    assert!(
        on("2020-01-01")
            .text("main")
            .contains("Nobody had a role then")
    );
}

#[test]
fn an_archived_project_had_working_keys_before() {
    let app = TestApp::start();
    app.owner()
        .create_key(&[("label", "A"), ("expires", "never")]);
    let first = end_day(&app);
    let api = app.owners_program();
    let archived = api.post(
        "/projects/default/archival",
        &serde_json::json!({"name": "Default"}),
    );
    assert_eq!(archived.status, 200, "{}", archived.body);
    let second = end_day(&app);
    let owner = app.owner();
    let states = |day: &str| {
        owner
            .get(&format!("{PAST}?day={day}"))
            .texts("tbody .state")
    };
    assert_eq!(states(&first), ["Active"]);
    assert_eq!(states(&second), ["Ended"]);
    let then = owner.get(&format!("{PAST}/keys/1?day={second}"));
    assert!(cell(&then, "State", 1).starts_with("Ended with its project"));
}

#[test]
fn only_those_who_export_look_at_the_past() {
    let app = TestApp::start();
    for (role, status) in [
        (Role::Auditor, 200),
        (Role::Support, 403),
        (Role::Viewer, 403),
    ] {
        let person = app.person(role);
        assert_eq!(person.get(&format!("{PAST}?day=2020-01-01")).status, status);
        let list = person.get("/projects/default/keys");
        assert_eq!(
            list.links(&format!("a[href='{PAST}']")).len(),
            usize::from(status == 200)
        );
    }
}
