//! The sidebar.

use keyward::records::Role;

use crate::app::TestApp;

#[test]
fn a_page_about_no_project_leads_into_none() {
    let app = TestApp::start();
    let owner = app.owner();
    // With one project it is clear which is meant.
    let scopes = "href=\"/projects/default/scopes\"";
    assert!(owner.get("/users").body.contains(scopes));
    app.other_project();
    let page = owner.get("/users");
    assert!(page.text(".switch summary").contains("Choose a project"));
    assert!(!page.body.contains(scopes));
    let about_one = owner.get("/projects/other/keys");
    assert!(about_one.body.contains("href=\"/projects/other/scopes\""));
    assert!(!about_one.body.contains(scopes));
}

#[test]
fn the_role_is_that_of_the_page() {
    let app = TestApp::start();
    let admin = app.person(Role::Admin);
    assert!(
        admin
            .get("/projects/default/keys")
            .text(".who")
            .contains("Admin")
    );
    assert!(app.owner().get("/").text(".who").contains("Owner"));
}
