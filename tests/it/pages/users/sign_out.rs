//! Ending every session of a person.

use keyward::records::Role;

use super::id_of;
use crate::app::TestApp;

#[test]
fn ending_the_sessions_of_a_person_leaves_their_password() {
    let app = TestApp::start();
    let owner = app.owner();
    let one = app.person(Role::Viewer);
    let two = app.anonymous().signed_in("viewer@example.com");
    let id = id_of(&app, "viewer@example.com");
    let path = format!("/users/{id}/sign-out");
    assert_eq!(owner.get(&path).status, 200);
    assert_eq!(one.get("/").status, 200);
    let done = owner.post(&path, &[]);
    assert_eq!(done.location(), format!("/users/{id}?done=signed-out"));
    assert_eq!((one.get("/").status, two.get("/").status), (303, 303));
    app.anonymous().signed_in("viewer@example.com");
    assert_eq!(owner.get("/users").status, 200);
}
