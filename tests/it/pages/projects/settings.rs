use keyward::records::Role;

use crate::app::{Answer, Browser, TestApp, with_defaults};
use crate::pages::audit::rows;

const PATH: &str = "/projects/default/settings";

/// Sends the form as it is shown, except for `fields`.
fn save(browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let shown = browser.get(PATH);
    let kept = ["name", "key_start", "version"].map(|name| (name, shown.value(name)));
    let mut defaults = vec![
        ("environments", "both"),
        ("default_lifetime_days", ""),
        ("max_lifetime_days", ""),
        ("rate_limit_requests", ""),
        ("rate_limit_seconds", ""),
    ];
    defaults.extend(kept.iter().map(|(name, value)| (*name, value.as_str())));
    browser.post(PATH, &with_defaults(fields, &defaults))
}

#[test]
fn the_projects_limit_holds_at_once_for_keys_without_their_own() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    let own = [("rate_limit_requests", "5"), ("rate_limit_seconds", "60")];
    let (own_id, with_own) = owner.new_key(&own);
    let limit = [("rate_limit_requests", "1"), ("rate_limit_seconds", "3600")];
    let saved = save(&owner, &limit);
    assert_eq!(saved.location(), "/projects/default/settings?done=saved");
    let page = owner.get(saved.location());
    assert_eq!(page.value("rate_limit_requests"), "1");
    assert!(page.text("[role=status]").starts_with("Changes saved"));
    assert_eq!(owner.verify(&secret).0, 200);
    assert_eq!(owner.verify(&secret), (429, "RATE_LIMITED".into()));
    assert_eq!(owner.verify(&with_own).0, 200);
    assert_eq!(owner.verify(&with_own).0, 200);
    let facts = |id: i64| {
        owner
            .get(&format!("/projects/default/keys/{id}"))
            .texts(".facts dd")
    };
    assert!(facts(id).contains(&"1 request in 3,600 s (the project’s)".into()));
    assert!(facts(own_id).contains(&"5 requests in 60 s".into()));
    // Removed again.
    assert_eq!(save(&owner, &[]).status, 303);
    assert_eq!(owner.verify(&secret).0, 200);
    let log = rows(&owner.get("/audit"));
    assert_eq!(
        log[0],
        "owner@example.com changed the settings of DefaultRate limit: 1 in 3600 s → none"
    );
    assert_eq!(
        log[1],
        "owner@example.com changed the settings of DefaultRate limit: none → 1 in 3600 s"
    );
}

#[test]
fn a_limit_that_can_not_be_is_marked_and_nothing_is_saved() {
    let app = TestApp::start();
    let owner = app.owner();
    let before = app.audit_entries();
    for (requests, seconds, message) in [
        ("", "60", "Enter a whole number of requests."),
        ("ten", "60", "Enter a whole number of requests."),
        (
            "0",
            "60",
            "Enter a whole number of requests from 1 to 1,000,000.",
        ),
        (
            "1",
            "86401",
            "Enter a whole number of seconds from 1 to 86,400 (a day).",
        ),
    ] {
        let fields = [
            ("rate_limit_requests", requests),
            ("rate_limit_seconds", seconds),
        ];
        let answer = save(&owner, &fields);
        assert_eq!(answer.status, 422, "{requests} {seconds}");
        assert_eq!(answer.texts(".error"), [message]);
        assert_eq!(answer.value("rate_limit_seconds"), seconds);
    }
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn a_project_is_renamed() {
    let app = TestApp::start();
    let owner = app.owner();
    assert_eq!(save(&owner, &[("name", "Media <b>")]).status, 303);
    let page = owner.get(PATH);
    assert_eq!(page.value("name"), "Media <b>");
    assert!(page.text("main .head p").contains("Media <b>"));
    let refused = save(&owner, &[("name", " ")]);
    assert_eq!(refused.status, 422);
    assert!(!refused.text("#name-error").is_empty());
}

#[test]
fn settings_that_meet_a_newer_version_keep_what_was_typed_and_show_both() {
    let app = TestApp::start();
    let owner = app.owner();
    let page = owner.get(PATH);
    let (version, seen) = (page.value("version"), page.value("seen"));
    let tab = |name, days| {
        let fields = [
            ("name", name),
            ("max_lifetime_days", days),
            ("version", version.as_str()),
            ("seen", seen.as_str()),
        ];
        save(&owner, &fields)
    };
    assert_eq!(tab("First", "400").status, 303);
    let met = tab("Second", "");
    assert_eq!(met.status, 409);
    let told = met.text("main [role=alert]");
    assert!(told.starts_with("Somebody changed this project"), "{told}");
    assert_eq!(
        met.texts(".versions td.name"),
        ["Name", "Maximum lifetime, in days"]
    );
    assert_eq!(met.texts(".versions td[data-th=Yours]")[0], "Second");
    assert_eq!(
        met.texts(".versions td[data-th='Saved now']"),
        ["First", "400"]
    );
    assert_eq!(met.value("name"), "Second");
    assert_eq!(met.value("max_lifetime_days"), "400");
    assert_eq!(owner.get(PATH).value("name"), "First");
    let (version, seen) = (met.value("version"), met.value("seen"));
    let again = [
        ("name", "Second"),
        ("version", version.as_str()),
        ("seen", seen.as_str()),
    ];
    assert_eq!(save(&owner, &again).status, 303);
    assert_eq!(owner.get(PATH).value("name"), "Second");
    assert_eq!(save(&owner, &[("version", "x")]).status, 400);
}

#[test]
fn start_and_environments_are_free_until_there_are_keys() {
    let app = TestApp::start();
    let owner = app.owner();
    let open = owner.get(PATH);
    assert_eq!(open.texts("#key_start[readonly]").len(), 0);
    assert_eq!(open.texts("fieldset[disabled]").len(), 0);
    let changed = save(&owner, &[("key_start", "media"), ("environments", "one")]);
    assert_eq!(changed.status, 303);
    let (_, secret) = owner.new_key(&[]);
    assert!(
        secret.starts_with("media_") && secret.len() == 44,
        "{secret}"
    );

    let fixed = owner.get(PATH);
    assert_eq!(fixed.value("key_start"), "media");
    assert_eq!(fixed.texts("#key_start[readonly]").len(), 1);
    assert_eq!(
        fixed.texts("fieldset[disabled] [name=environments]").len(),
        2
    );
    assert!(
        fixed
            .text("#key_start-hint")
            .starts_with("It can’t be changed")
    );
    let refused = save(&owner, &[("key_start", "other"), ("environments", "both")]);
    assert_eq!(refused.status, 422);
    for field in ["key_start", "environments"] {
        assert_eq!(
            refused.texts(&format!("#{field}-error")).len(),
            1,
            "{field}"
        );
    }
    // Nobody could correct what they can't change, so it is shown as it is.
    assert_eq!(refused.value("key_start"), "media");
    // Browsers send nothing of a disabled group.
    let version = fixed.value("version");
    let sent = [
        ("name", "Renamed"),
        ("key_start", "media"),
        ("version", version.as_str()),
    ];
    assert_eq!(owner.post(PATH, &sent).status, 303);
    let (_, secret) = owner.new_key(&[]);
    assert!(
        secret.starts_with("media_") && secret.len() == 44,
        "{secret}"
    );
}

#[test]
fn the_default_lifetime_is_preselected_and_the_longest_bounds_new_keys() {
    let app = TestApp::start();
    let owner = app.owner();
    let lifetimes = [("default_lifetime_days", "45"), ("max_lifetime_days", "60")];
    assert_eq!(save(&owner, &lifetimes).status, 303);
    let form = owner.get("/projects/default/keys/new");
    let offered = form.texts("#expires option");
    let begins = |text: &str, with: &str| assert!(text.starts_with(with), "{text}");
    assert_eq!(offered.len(), 3, "{offered:?}");
    begins(&offered[0], "In 30 days");
    begins(&offered[1], "In 45 days");
    assert_eq!(offered[2], "On a date");
    begins(&form.text("#expires option[selected]"), "In 45 days");
    let message = "Keys of this project live at most 60 days.";
    assert_eq!(form.text("#expires-hint"), message);

    let on_a_date = [("expires", "date"), ("expires_on", "2099-12-31")];
    for fields in [
        &[("expires", "never")][..],
        &[("expires", "90")],
        &on_a_date,
    ] {
        let refused = owner.post_key("default", fields);
        assert_eq!(refused.status, 422, "{fields:?}");
        assert_eq!(refused.texts(".error"), [message], "{fields:?}");
    }
    for days in ["30", "45", "60"] {
        let created = owner.post_key("default", &[("expires", days)]);
        assert_eq!(created.status, 303, "{days}");
    }

    // Where none of the usual lifetimes is short enough, the longest is on offer.
    let short = [("default_lifetime_days", ""), ("max_lifetime_days", "7")];
    assert_eq!(save(&owner, &short).status, 303);
    let form = owner.get("/projects/default/keys/new");
    assert_eq!(form.texts("#expires option").len(), 2);
    begins(&form.text("#expires option[selected]"), "In 7 days");
    // Without bounds, everything is as it was.
    assert_eq!(save(&owner, &[]).status, 303);
    let form = owner.get("/projects/default/keys/new");
    assert_eq!(form.texts("#expires option").len(), 5);
    begins(&form.text("#expires option[selected]"), "In 90 days");
    assert_eq!(form.texts("#expires-hint").len(), 0);
}

#[test]
fn owners_alone_are_led_to_archive_the_project() {
    let app = TestApp::start();
    let link = |browser: &Browser| {
        let link = "main a[href=\"/projects/default/archival\"]";
        browser.get(PATH).texts(link)
    };
    assert_eq!(link(&app.owner()), ["Archive project…"]);
    assert_eq!(link(&app.person(Role::Admin)).len(), 0);
}
