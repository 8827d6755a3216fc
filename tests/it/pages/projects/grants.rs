use keyward::records::Role;

use crate::app::{TestApp, add_person};
use crate::pages::users::{id_of, invite};

const PATH: &str = "/projects/default/grants";

#[test]
fn the_page_says_who_has_what_since_when_and_by_whom() {
    let app = TestApp::start();
    let owner = app.owner();
    invite(&owner, "ana@example.com", "auditor", "*");
    invite(&owner, "ben@example.com", "support", "default");
    let admin = app.person(Role::Admin);
    let page = admin.get(PATH);
    assert_eq!(page.status, 200);
    assert_eq!(
        page.text(".head .soft"),
        "Default · 2 people on this project · 2 on all projects"
    );
    assert_eq!(
        page.texts("#on-it td.name"),
        ["admin@example.com (you)", "ben@example.com"]
    );
    let roles = page.texts("#on-it td[data-th=Role] option[selected]");
    assert_eq!(roles, ["Admin", "Support"]);
    let given_by = page.texts("#on-it td[data-th=\"Assigned by\"]");
    assert_eq!(given_by, ["command line", "owner@example.com"]);
    assert_eq!(page.texts("#on-it td[data-th=Since] time").len(), 2);
    // Those on all projects, read-only.
    let everywhere = ["ana@example.com", "owner@example.com"];
    assert_eq!(page.texts("#on-all td.name"), everywhere);
    assert_eq!(page.texts("#on-all td[data-th=Role]"), ["Auditor", "Owner"]);
    assert_eq!(
        page.texts("#on-all td[data-th=\"Assigned by\"]"),
        ["owner@example.com", "command line"]
    );
    assert!(page.texts("#on-all button").is_empty());
    // People's own pages are for owners.
    assert!(!page.body.contains("href=\"/users/"));
    assert!(owner.get(PATH).body.contains("href=\"/users/"));
}

#[test]
fn where_nobody_has_a_role_alone_the_page_says_what_belongs_there() {
    let app = TestApp::start();
    let page = app.owner().get(PATH);
    assert_eq!(page.text(".empty h2"), "No members of this project alone");
    assert_eq!(page.texts("#on-all td.name"), ["owner@example.com (you)"]);
}

#[test]
fn an_admin_gives_changes_and_takes_roles_on_their_project() {
    let app = TestApp::start();
    app.other_project();
    let admin = app.person(Role::Admin);
    add_person(
        &mut app.database.connect(),
        "eve@example.com",
        Role::Viewer,
        Some("other"),
    );
    let eve = app.anonymous().signed_in("eve@example.com");
    assert_eq!(eve.get("/projects/default/keys").status, 404);
    let given = admin.post(PATH, &[("email", " Eve@example.com"), ("role", "admin")]);
    let user = id_of(&app, "eve@example.com").to_string();
    let done = format!("{PATH}?done=given&user={user}");
    assert_eq!(given.location(), done);
    assert_eq!(
        admin.get(&done).text(".toast"),
        "Role assigned: eve@example.com is Admin here. It applies from their next request."
    );
    assert_eq!(eve.get("/projects/default/keys/new").status, 200);
    let changed = admin.post(PATH, &[("email", "eve@example.com"), ("role", "viewer")]);
    assert_eq!(changed.status, 303);
    assert_eq!(eve.get("/projects/default/keys/new").status, 403);
    let removal = format!("{PATH}/removal");
    let asked = admin.get(&format!("{removal}?user={user}"));
    assert_eq!(asked.text("h1"), "Remove Viewer from eve@example.com");
    // The link that cancels comes first.
    assert_eq!(asked.text("main a, main button"), "Cancel");
    assert!(asked.text("main p").ends_with("is Viewer on Default."));
    let allowed = [
        "See keys and how they are used",
        "Verify keys, and get their owner and metadata",
    ];
    assert_eq!(asked.texts("main li"), allowed);
    assert!(!asked.text("main").contains("This is you"));
    assert_eq!(eve.get("/projects/default/keys").status, 200);
    let taken = admin.post(&removal, &[("user", &user)]);
    assert_eq!(taken.location(), "/projects/default/grants?done=taken");
    assert_eq!(eve.get("/projects/default/keys").status, 404);
    // What they have elsewhere stays.
    assert_eq!(eve.get("/projects/other/keys").status, 200);
    assert_eq!(admin.post(&removal, &[("user", &user)]).status, 404);
    for query in ["".into(), "?user=x".into(), format!("?user={user}")] {
        let asked: String = format!("{removal}{query}");
        assert_eq!(admin.get(&asked).status, 404, "{query}");
    }
    assert_eq!(admin.post(&removal, &[("user", "x")]).status, 400);
    let sql = "SELECT count(*) AS number FROM audit_entries WHERE actor = 'admin@example.com' \
               AND project_id = 1 AND action IN ('grant.given', 'grant.taken')";
    assert_eq!(app.database.number(sql), 3);
}

#[test]
fn what_can_not_be_given_is_told_beside_it() {
    let app = TestApp::start();
    let admin = app.person(Role::Admin);
    let before = app.audit_entries();
    for (email, role, wrong, message) in [
        ("eve", "viewer", "email", "Enter an email address"),
        (
            "eve@example.com",
            "viewer",
            "email",
            "Nobody has the email eve@example.com.",
        ),
        ("owner@example.com", "", "role", "Choose one of these."),
        (
            "owner@example.com",
            "owner",
            "role",
            "Owners are always on all projects.",
        ),
    ] {
        let answer = admin.post(PATH, &[("email", email), ("role", role)]);
        assert_eq!(answer.status, 422, "{email} {role}");
        assert_eq!(answer.texts(".error").len(), 1, "{email} {role}");
        let error = answer.text(&format!("#{wrong}-error"));
        assert!(error.starts_with(message), "{error}");
        let typed = format!("id=\"email\" name=\"email\" type=\"email\" value=\"{email}\"");
        assert!(answer.body.contains(&typed), "{email} {role}");
    }
    let answer = admin.post(PATH, &[("email", "eve"), ("role", "")]);
    assert_eq!(answer.texts(".error").len(), 2);
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn an_admin_of_one_project_manages_no_other_and_no_people() {
    let app = TestApp::start();
    app.other_project();
    let admin = app.person(Role::Admin);
    let owner = id_of(&app, "owner@example.com").to_string();
    assert_eq!(admin.get(PATH).status, 200);
    assert_eq!(admin.get("/users").status, 403);
    let path = "/projects/other/grants";
    assert_eq!(admin.get(path).status, 404);
    let own = [("email", "admin@example.com"), ("role", "admin")];
    assert_eq!(admin.post(path, &own).status, 404);
    let removal = [("user", owner.as_str())];
    assert_eq!(admin.post(&format!("{path}/removal"), &removal).status, 404);
    // A role on all projects is not theirs to take.
    assert_eq!(admin.post(&format!("{PATH}/removal"), &removal).status, 404);
    assert_eq!(app.owner().get("/users").status, 200);
    assert_eq!(admin.get("/projects/other/keys").status, 404);
}

#[test]
fn whoever_ends_their_own_role_is_led_to_what_is_left() {
    let app = TestApp::start();
    let admin = app.person(Role::Admin);
    let user = id_of(&app, "admin@example.com").to_string();
    // Still an admin: still here.
    let same = [("email", "admin@example.com"), ("role", "admin")];
    let kept = admin.post(PATH, &same);
    let done = format!("{PATH}?done=given&user={user}");
    assert_eq!(kept.location(), done);
    let asked = admin.get(&format!("{PATH}/removal?user={user}"));
    let notice = "This is you. You lose access to this page.";
    assert_eq!(asked.text("main .notice"), notice);
    let taken = admin.post(&format!("{PATH}/removal"), &[("user", &user)]);
    assert_eq!((taken.status, taken.location()), (303, "/"));
    assert_eq!(admin.get("/").status, 200);
    assert_eq!(admin.get(PATH).status, 404);

    let owner = app.owner();
    let back = [("email", "admin@example.com"), ("role", "admin")];
    assert_eq!(owner.post(PATH, &back).status, 303);
    let less = [("email", "admin@example.com"), ("role", "viewer")];
    assert_eq!(admin.post(PATH, &less).location(), "/");
    assert_eq!(admin.get(PATH).status, 403);
    // An owner stays, whatever happens to their role on one project.
    let own = [("email", "owner@example.com"), ("role", "viewer")];
    let given = owner.post(PATH, &own);
    let user = id_of(&app, "owner@example.com");
    let done = format!("{PATH}?done=given&user={user}");
    assert_eq!(given.location(), done);
    assert_eq!(owner.get(PATH).status, 200);
    let asked = owner.get(&format!("{PATH}/removal?user={user}"));
    assert_eq!(asked.text("main .notice"), "This is you.");
    assert!(asked.text("main").contains("allows the same"));
}
