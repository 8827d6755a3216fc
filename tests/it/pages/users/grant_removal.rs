//! The page that asks before a role is taken away.

use keyward::records::Role;

use super::id_of;
use crate::app::TestApp;

#[test]
fn whoever_takes_a_role_away_is_told_first_what_that_ends() {
    let app = TestApp::start();
    let owner = app.owner();
    let support = app.person(Role::Support);
    let id = id_of(&app, "support@example.com");
    let person = owner.get(&format!("/users/{id}"));
    assert_eq!(person.text("td.act a"), "Remove");
    let path = format!("/users/{id}/grants/removal");
    let page = owner.get(&format!("{path}?project=default"));
    assert_eq!(page.text("h1"), "Remove Support from support@example.com");
    // The link that cancels comes first.
    assert_eq!(page.text("main a, main button"), "Cancel");
    assert!(page.text("main p").ends_with("is Support on Default."));
    assert!(page.texts("main li").contains(&"Revoke keys".to_owned()));
    assert!(!page.text("main").contains("This is you"));
    assert_eq!(page.value("project"), "default");
    // Opening the page changes nothing.
    assert_eq!(support.get("/projects/default/keys").status, 200);
    // What a role on all projects also allows is not lost.
    let grants = format!("/users/{id}/grants");
    let auditor = [("role", "auditor"), ("project", "*")];
    assert_eq!(owner.post(&grants, &auditor).status, 303);
    let page = owner.get(&format!("{path}?project=default"));
    assert_eq!(page.texts("main li"), ["Revoke keys"]);
    let everywhere = owner.get(&format!("{path}?project=*"));
    assert!(
        everywhere
            .text("main p")
            .ends_with("is Auditor on all projects.")
    );
    for query in ["", "?project=", "?project=nowhere"] {
        assert_eq!(owner.get(&format!("{path}{query}")).status, 404, "{query}");
    }
    let done = owner.post(&path, &[("project", "default")]);
    assert_eq!(done.location(), format!("/users/{id}?done=taken"));
    assert_eq!(owner.get(&format!("{path}?project=default")).status, 404);
}
