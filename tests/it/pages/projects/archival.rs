use keyward::records::Role;

use crate::app::TestApp;

const PATH: &str = "/projects/default/archival";

#[test]
fn the_page_says_how_many_keys_stop() {
    let app = TestApp::start();
    let owner = app.owner();
    let stops = || owner.get(PATH).text("main section > p");
    assert_eq!(
        stops(),
        "Once archived, the project can’t be changed, and takes no new keys. This can’t be undone."
    );
    let to_keys = || {
        owner
            .get(PATH)
            .texts("section a[href='/projects/default/keys']")
    };
    assert_eq!(to_keys().len(), 0);
    owner.create_key(&[]);
    assert!(stops().starts_with("1 key stops"));
    assert_eq!(to_keys(), ["Show these keys"]);
    owner.create_key(&[]);
    let revoked = owner.create_key(&[]);
    owner.revoke(revoked);
    let page = owner.get(PATH);
    assert_eq!(page.text("h1"), "Archive Default");
    assert!(stops().starts_with("2 keys stop"), "{}", stops());
    assert!(stops().contains("This can’t be undone"));
    assert!(page.texts("button").contains(&"Archive project".to_owned()));
}

#[test]
fn the_projects_name_is_asked_for() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[]);
    let before = app.audit_entries();
    for name in ["", "default", "Other"] {
        let refused = owner.post(PATH, &[("name", name)]);
        assert_eq!(refused.status, 422, "{name}");
        assert!(refused.text("#name-error").contains("Default"));
        assert_eq!(refused.value("name"), name);
    }
    assert_eq!(owner.verify(&secret).0, 200);
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn no_key_of_an_archived_project_passes_and_none_can_be_made() {
    let app = TestApp::start();
    app.other_project();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[]);
    assert_eq!(owner.verify(&secret).0, 200);
    let done = owner.post(PATH, &[("name", " Default ")]);
    let settings = "/projects/default/settings?done=archived";
    assert_eq!((done.status, done.location()), (303, settings));
    let page = owner.get(settings);
    assert_eq!(
        page.text("[role=status]"),
        "Archived. Its 1 key stops on its next request."
    );
    // Its last settings can still be read.
    assert_eq!(
        page.texts(".facts dd"),
        ["mk", "Live and test", "none", "none", "none"]
    );
    assert_eq!(owner.verify(&secret), (401, "REVOKED".into()));
    assert_eq!(owner.post_key("default", &[]).status, 409);

    let overview = owner.get("/");
    // Archived ones come last, and are marked.
    assert_eq!(
        overview.texts(".columns .concerns .label"),
        ["Other", "Default"]
    );
    assert_eq!(overview.texts(".columns .state"), ["Archived"]);
    assert!(overview.text(".head p").contains("1 archived"));
    // No page has a form any more.
    for page in [
        PATH,
        "/projects/default/settings",
        "/projects/default/scopes",
        "/projects/default/scopes/new",
        "/projects/default/scopes/read:assets/edit",
        "/projects/default/scopes/read:assets/removal",
        "/projects/default/grants",
    ] {
        let shown = owner.get(page);
        assert_eq!(shown.status, 200, "{page}");
        let notice = shown.text("main .notice");
        assert!(notice.starts_with("Archived "), "{page}: {notice}");
        assert!(
            notice.ends_with("by owner@example.com. Its keys no longer work."),
            "{page}: {notice}"
        );
        assert_eq!(shown.texts("main form").len(), 0, "{page}");
    }
    assert_eq!(owner.get("/projects/other/keys").status, 200);
}

#[test]
fn the_keys_of_an_archived_project_look_ended() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, revoked) = (owner.create_key(&[]), owner.create_key(&[]));
    owner.revoke(revoked);
    let key = format!("/projects/default/keys/{id}");
    assert!(
        owner
            .get(&key)
            .texts("main .actions a")
            .contains(&"Edit".to_owned())
    );
    assert_eq!(owner.post(PATH, &[("name", "Default")]).status, 303);
    let page = owner.get(&key);
    assert_eq!(page.text("main .state.archived"), "Ended");
    assert!(page.text("main .notice").starts_with("Archived "));
    // Its secret can no longer be revealed.
    assert_eq!(page.texts("main .actions a"), ["Revoke"]);
    let list = owner.get("/projects/default/keys");
    assert_eq!(list.texts("td.of-state"), ["Revoked", "Ended"]);
    assert_eq!(list.text("#summary"), "2 keys");
    let gone = owner.get(&format!("{key}/edit"));
    assert_eq!(gone.status, 409);
}

#[test]
fn an_archived_project_takes_no_changes() {
    let app = TestApp::start();
    let owner = app.owner();
    let version = owner.get("/projects/default/settings").value("version");
    assert_eq!(owner.post(PATH, &[("name", "Default")]).status, 303);
    let before = app.audit_entries();
    let settings = [
        ("name", "Renamed"),
        ("key_start", "mk"),
        ("environments", "both"),
        ("version", version.as_str()),
    ];
    let scope = [("name", "a:b"), ("description", "x")];
    let ready = [("catalogue", "streaming")];
    let edit = [("description", "x")];
    for (path, fields) in [
        (PATH, &[("name", "Default")][..]),
        ("/projects/default/settings", &settings),
        ("/projects/default/scopes", &scope),
        ("/projects/default/scopes/catalogue", &ready),
        ("/projects/default/scopes/read:assets/edit", &edit),
        ("/projects/default/scopes/read:assets/removal", &[]),
    ] {
        assert_eq!(owner.post(path, fields).status, 409, "{path}");
    }
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn only_owners_archive_projects() {
    let app = TestApp::start();
    let admin = app.person(Role::Admin);
    assert_eq!(admin.get(PATH).status, 403);
    assert_eq!(admin.post(PATH, &[("name", "Default")]).status, 403);
    let archived = "SELECT count(*) AS number FROM projects WHERE archived_at IS NOT NULL";
    assert_eq!(app.database.number(archived), 0);
}
