//! What the pages offer to each role.

use keyward::records::Role;

use crate::app::TestApp;

#[test]
fn buttons_are_shown_to_those_who_may_press_them() {
    let app = TestApp::start();
    let id = app.owner().create_key(&[]);
    for (role, may_mint, may_revoke) in [
        (Role::Admin, true, true),
        (Role::Support, false, true),
        (Role::Auditor, false, false),
        (Role::Viewer, false, false),
    ] {
        let person = app.person(role);
        let list = person.get("/projects/default/keys");
        let one = person.get(&format!("/projects/default/keys/{id}"));
        assert_eq!(list.body.contains("Create key"), may_mint, "{role}");
        assert_eq!(one.body.contains("/edit\""), may_mint, "{role}");
        assert_eq!(
            list.body.contains("aria-label=\"Revoke"),
            may_revoke,
            "{role}"
        );
        assert_eq!(one.body.contains("/revocation\""), may_revoke, "{role}");
        assert_eq!(
            list.body.contains("href=\"/audit\""),
            role != Role::Viewer,
            "{role}"
        );
    }
}
