//! The link with which a person chooses a password.

use keyward::config::PublicUrl;
use keyward::records::Role;

use super::{id_of, link_on};
use crate::app::{Settings, TestApp};

#[test]
fn a_link_leads_to_where_browsers_reach_the_console() {
    let app = TestApp::start_with(Settings {
        public_url: Some(PublicUrl {
            https: false,
            origin: "http://keys.example.com".into(),
        }),
        ..Settings::default()
    });
    let fields = [
        ("email", "ana@example.com"),
        ("role", "viewer"),
        ("project", "*"),
    ];
    let link = link_on(&app.owner().post("/users", &fields));
    assert!(link.starts_with("http://keys.example.com/password?code="));
}

#[test]
fn a_link_for_somebody_who_has_a_password_says_that_it_still_works() {
    let app = TestApp::start();
    let owner = app.owner();
    app.person(Role::Viewer);
    let id = id_of(&app, "viewer@example.com");
    let path = format!("/users/{id}/link");
    let shown = owner.post(&path, &[]).text(".secret");
    let expected = "Until it is used, their current password works. Earlier links have ended.";
    assert!(shown.contains(expected), "{shown}");
    // Asking for the page again shows no link, and makes none.
    let before = app.audit_entries();
    let again = owner.get(&path);
    assert_eq!(
        (again.status, again.location()),
        (303, &*format!("/users/{id}"))
    );
    assert_eq!(app.audit_entries(), before);
}
