use keyward::records::Role;

use crate::app::{Answer, Browser, TestApp, with_defaults};

/// Sends the form, with valid values for whatever `fields` leave out.
fn create(browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let defaults = [
        ("name", "Video"),
        ("slug", "video"),
        ("key_start", "vid"),
        ("environments", "both"),
        ("catalogue", "none"),
        ("default_lifetime_days", ""),
        ("max_lifetime_days", ""),
        ("rate_limit_requests", ""),
        ("rate_limit_seconds", ""),
    ];
    browser.post("/projects", &with_defaults(fields, &defaults))
}

fn projects(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) AS number FROM projects";
    app.database.number(sql)
}

#[test]
fn the_form_has_a_label_for_everything_there_is_to_choose() {
    let app = TestApp::start();
    let page = app.owner().get("/projects/new");
    let labels = page.texts("label, legend, button");
    for name in [
        "Name",
        "Slug",
        "Key prefix",
        "Environments",
        "Scope template",
        "Default lifetime, in days",
        "Maximum lifetime, in days",
        "Rate limit",
        "Create project",
    ] {
        assert!(
            labels.iter().any(|label| label == name),
            "{name} in {labels:?}"
        );
    }
    assert!(page.text("#key_start-hint").contains("mk_live_…"));
    assert!(
        page.text("#slug-hint")
            .contains("2 to 40 of a-z, 0-9 and -.")
    );
    let environments = page.texts("[name=environments] + span");
    assert_eq!(environments, ["Live and test", "One environment"]);
    assert_eq!(page.texts("[name=environments][checked]").len(), 1);
    assert_eq!(page.texts("[name=catalogue]").len(), 3);
}

#[test]
fn a_project_from_a_ready_catalogue_offers_its_scopes_and_its_keys_begin_as_it_says() {
    let app = TestApp::start();
    let owner = app.owner();
    let created = create(&owner, &[("catalogue", "streaming")]);
    assert_eq!(created.status, 303, "{}", created.body);
    assert_eq!(created.location(), "/projects/video/keys");
    assert_eq!(owner.get(created.location()).status, 200);
    let form = owner.get("/projects/video/keys/new");
    assert_eq!(
        form.attributes(".checks input[type=checkbox]", "value"),
        [
            "streams:read",
            "streams:write",
            "vod:read",
            "vod:write",
            "*"
        ]
    );
    let id = owner.create_key_in("video", &[("scopes", "streams:write")]);
    let revealed = owner.post(&format!("/projects/video/keys/{id}/reveal"), &[]);
    let secret = revealed.secret().expect("a secret");
    assert!(secret.starts_with("vid_live_"), "{secret}");
    assert_eq!(owner.verify(&secret).0, 200);
}

#[test]
fn a_project_can_start_without_scopes_and_without_a_word_for_its_environment() {
    let app = TestApp::start();
    let owner = app.owner();
    let created = create(&owner, &[("environments", "one")]);
    assert_eq!(created.status, 303, "{}", created.body);
    let form = owner.get("/projects/video/keys/new");
    assert_eq!(
        form.attributes(".checks input[type=checkbox]", "value"),
        ["*"]
    );
    // None leads to making some.
    assert_eq!(form.link("fieldset .hint a"), "/projects/video/scopes");
    assert_eq!(form.texts("#environment option"), ["Live"]);
    let id = owner.create_key_in("video", &[("scopes", "*")]);
    let revealed = owner.post(&format!("/projects/video/keys/{id}/reveal"), &[]);
    let secret = revealed.secret().expect("a secret");
    assert!(secret.starts_with("vid_") && secret.len() == 42, "{secret}");
    let fields = [("scopes", "*"), ("environment", "test")];
    let refused = owner.post_key("video", &fields);
    assert_eq!(refused.status, 422);
    assert!(!refused.text("#environment-error").is_empty());
}

#[test]
fn every_wrong_field_is_told_beside_it_with_what_was_typed_kept() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [
        ("name", ""),
        ("slug", "A b"),
        ("key_start", "MK_"),
        ("environments", "three"),
        ("catalogue", "music"),
        ("default_lifetime_days", "soon"),
        ("max_lifetime_days", "0"),
        ("rate_limit_requests", "many"),
        ("rate_limit_seconds", "60"),
    ];
    let answer = create(&owner, &fields);
    assert_eq!(answer.status, 422);
    assert!(answer.text("[role=alert]").contains("was not created"));
    for field in [
        "name",
        "slug",
        "key_start",
        "environments",
        "catalogue",
        "default_lifetime_days",
        "max_lifetime_days",
        "rate_limit_requests",
    ] {
        assert_eq!(answer.texts(&format!("#{field}-error")).len(), 1, "{field}");
    }
    for (field, typed) in [
        ("slug", "A b"),
        ("key_start", "MK_"),
        ("default_lifetime_days", "soon"),
        ("max_lifetime_days", "0"),
        ("rate_limit_requests", "many"),
    ] {
        assert_eq!(answer.value(field), typed);
    }
    // The same when each of them can be read.
    let readable = [("name", ""), ("slug", "-"), ("key_start", "kwp")];
    let answer = create(&owner, &readable);
    for field in ["name", "slug", "key_start"] {
        assert_eq!(answer.texts(&format!("#{field}-error")).len(), 1, "{field}");
    }
    assert_eq!(projects(&app), 1);
}

#[test]
fn a_default_beyond_the_longest_lifetime_is_told_so() {
    let app = TestApp::start();
    let fields = [("default_lifetime_days", "90"), ("max_lifetime_days", "30")];
    let answer = create(&app.owner(), &fields);
    assert_eq!(answer.status, 422);
    assert_eq!(answer.texts(".error").len(), 1);
    assert!(!answer.text("#default_lifetime_days-error").is_empty());
}

#[test]
fn a_slug_that_is_taken_is_told_so() {
    let app = TestApp::start();
    let owner = app.owner();
    let answer = create(&owner, &[("slug", "default")]);
    assert_eq!(answer.status, 422);
    assert_eq!(answer.texts(".error"), ["This slug is already in use."]);
    assert_eq!(answer.value("name"), "Video");
    assert_eq!(projects(&app), 1);
}

#[test]
fn only_owners_create_projects() {
    let app = TestApp::start();
    let button = |browser: &Browser| browser.get("/").texts("main a[href=\"/projects/new\"]");
    assert_eq!(button(&app.owner()), ["Create project"]);
    for role in [Role::Admin, Role::Viewer] {
        let person = app.person(role);
        assert_eq!(button(&person).len(), 0, "{role}");
        assert_eq!(person.get("/projects/new").status, 403, "{role}");
        assert_eq!(create(&person, &[]).status, 403, "{role}");
        // Nor are they told what would be wrong with one.
        let wrong = create(&person, &[("rate_limit_requests", "many")]);
        assert_eq!(wrong.status, 403, "{role}");
    }
    assert_eq!(projects(&app), 1);
}
