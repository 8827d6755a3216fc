//! Giving a person a role.

use keyward::records::Role;

use super::id_of;
use crate::app::TestApp;

#[test]
fn a_role_holds_from_the_next_request() {
    let app = TestApp::start();
    app.other_project();
    let owner = app.owner();
    let admin = app.person(Role::Admin);
    let id = id_of(&app, "admin@example.com");
    let grants = format!("/users/{id}/grants");
    assert_eq!(admin.get("/projects/default/keys/new").status, 200);
    let demotion = [("role", "viewer"), ("project", "default")];
    let done = owner.post(&grants, &demotion);
    assert_eq!(
        done.location(),
        format!("/users/{id}?done=given&project=default")
    );
    assert_eq!(
        owner.get(done.location()).text("[role=status]"),
        "Role assigned: Viewer of Default. It applies from their next request."
    );
    assert_eq!(admin.get("/projects/default/keys/new").status, 403);

    assert_eq!(admin.get("/projects/other/keys").status, 404);
    let support = [("role", "support"), ("project", "other")];
    assert_eq!(owner.post(&grants, &support).status, 303);
    assert_eq!(admin.get("/projects/other/keys").status, 200);
    let page = owner.get(&format!("/users/{id}"));
    assert_eq!(page.texts("td.name"), ["Default", "Other"]);
    let selected = page.texts("td[data-th=Role] option[selected]");
    assert_eq!(selected, ["Viewer", "Support"]);
    assert_eq!(
        page.texts("td[data-th=\"Assigned by\"]"),
        ["owner@example.com"; 2]
    );
    assert_eq!(page.texts("td[data-th=Since] time").len(), 2);

    let done = owner.post(&format!("{grants}/removal"), &[("project", "other")]);
    assert_eq!(done.location(), format!("/users/{id}?done=taken"));
    assert_eq!(admin.get("/projects/other/keys").status, 404);
    let everywhere = [("role", "auditor"), ("project", "*")];
    assert_eq!(owner.post(&grants, &everywhere).status, 303);
    assert_eq!(admin.get("/projects/other/keys").status, 200);
    // The removal of one leaves the other.
    let removal = owner.post(&format!("{grants}/removal"), &[("project", "*")]);
    assert_eq!(removal.status, 303);
    assert_eq!(admin.get("/projects/other/keys").status, 404);
    assert_eq!(admin.get("/projects/default/keys").status, 200);
    let again = owner.post(&format!("{grants}/removal"), &[("project", "*")]);
    assert_eq!(again.status, 404);
}

#[test]
fn a_role_that_can_not_be_is_told_and_what_was_chosen_stays() {
    let app = TestApp::start();
    let owner = app.owner();
    app.person(Role::Viewer);
    let id = id_of(&app, "viewer@example.com");
    let before = app.audit_entries();
    for (role, project, wrong, kept) in [
        ("", "default", "role", "Default"),
        ("owner", "default", "project", "Default"),
        ("admin", "nowhere", "project", "Admin"),
        ("admin", "", "project", "Admin"),
    ] {
        let fields = [("role", role), ("project", project)];
        let answer = owner.post(&format!("/users/{id}/grants"), &fields);
        assert_eq!(answer.status, 422, "{fields:?}");
        assert_eq!(answer.texts(".error").len(), 1, "{fields:?}");
        assert!(!answer.text(&format!("#{wrong}-error")).is_empty());
        let selected = answer.texts("#role option[selected], #project option[selected]");
        assert!(selected.contains(&kept.to_owned()), "{selected:?}");
    }
    assert_eq!(app.audit_entries(), before);
    for path in ["/users/999", "/users/999/disabling", "/users/x"] {
        assert_eq!(owner.get(path).status, 404, "{path}");
    }
}
