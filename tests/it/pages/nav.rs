//! The sidebar.

use keyward::records::Role;

use crate::app::TestApp;

#[test]
fn the_shell_has_one_shape_and_remembers_the_project() {
    let app = TestApp::start();
    let owner = app.owner();
    app.other_project();
    let links = |path: &str| {
        let page = owner.get(path);
        (
            page.texts("nav[aria-label=Project] a"),
            page.links("nav[aria-label=Project] a"),
        )
    };
    let names = ["Keys", "Usage", "Scopes", "Members", "Settings"];
    for path in [
        "/users",
        "/projects/other/keys",
        "/audit",
        "/account",
        "/find",
    ] {
        assert_eq!(links(path).0, names, "{path}");
    }
    // The last one visited.
    assert_eq!(links("/audit").1[0], "/projects/other/keys");
    assert_eq!(owner.get("/projects/default/settings").status, 200);
    assert_eq!(links("/audit").1[0], "/projects/default/keys");
    // A project that the person can't see is not remembered.
    let viewer = app.person(Role::Viewer);
    assert_eq!(viewer.get("/projects/other/keys").status, 404);
    let of_viewer = viewer.get("/account");
    assert_eq!(
        of_viewer.texts("nav[aria-label=Project] a"),
        ["Keys", "Usage", "Scopes"]
    );
    assert_eq!(
        of_viewer.links("nav[aria-label=Project] a")[0],
        "/projects/default/keys"
    );
}

#[test]
fn switching_the_project_keeps_the_section() {
    let app = TestApp::start();
    let owner = app.owner();
    app.other_project();
    for section in ["keys", "usage", "scopes", "grants", "settings"] {
        let page = owner.get(&format!("/projects/default/{section}"));
        let choices = page.links(".choices a");
        let expected = ["default", "other"].map(|slug| format!("/projects/{slug}/{section}"));
        assert_eq!(choices, expected);
        assert_eq!(page.links(".choices [aria-current]"), expected[..1]);
    }
    // Titles and icons tell projects apart.
    let title = |page: &crate::app::Answer| page.text("title");
    let icon = |page: &crate::app::Answer| page.attribute("link[rel=icon]", "href");
    let (one, other) = (
        owner.get("/projects/default/keys"),
        owner.get("/projects/other/keys"),
    );
    assert_eq!(title(&one), "Keys · Default · Keyward");
    assert_eq!(title(&other), "Keys · Other · Keyward");
    assert_ne!(icon(&one), icon(&other));
    assert_eq!(owner.get(&icon(&one)).status, 200);
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

#[test]
fn a_switcher_with_more_than_seven_projects_is_searched() {
    let app = TestApp::start();
    let owner = app.owner();
    let create = |number: usize| {
        let slug = format!("team-{number}");
        let fields = [
            ("slug", slug.as_str()),
            ("name", &slug),
            ("key_start", "tm"),
            ("environments", "both"),
            ("catalogue", "none"),
        ];
        assert_eq!(owner.post("/projects", &fields).status, 303);
    };
    (2..=7).for_each(create);
    let search = || owner.get("/").texts(".choices input[type=search]").len();
    assert_eq!((owner.get("/").links(".choices a").len(), search()), (7, 0));
    create(8);
    assert_eq!((owner.get("/").links(".choices a").len(), search()), (8, 1));
}
