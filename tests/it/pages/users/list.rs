//! Everybody, and what they may do.

use keyward::records::Role;

use super::{id_of, invite};
use crate::app::TestApp;

#[test]
fn the_list_says_who_is_here_and_what_they_may_do() {
    let app = TestApp::start();
    let owner = app.owner();
    assert_eq!(owner.get("/users").text(".head .soft"), "1 person");
    invite(&owner, "ana@example.com", "support", "default");
    app.person(Role::Viewer);
    let viewer = id_of(&app, "viewer@example.com");
    owner.post(&format!("/users/{viewer}/disabling"), &[]);
    let page = owner.get("/users");
    assert_eq!(
        page.text(".head .soft"),
        "3 people · 1 invited · 1 disabled"
    );
    let people = ["ana@example.com", "owner@example.com", "viewer@example.com"];
    assert_eq!(page.texts("td.name"), people);
    assert_eq!(
        page.texts("td[data-th=Roles]"),
        [
            "Support of Default",
            "Owner of all projects",
            "Viewer of Default"
        ]
    );
    assert_eq!(page.texts(".state"), ["Invited", "Active", "Disabled"]);
}
