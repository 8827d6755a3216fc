use keyward::records::Role;
use time::Duration;

use crate::app::{Answer, Browser, TestApp, with_defaults};

/// Sends the create form, with valid values for whatever `fields` leave out.
fn create(browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let defaults = [
        ("description", "Nightly report"),
        ("permissions", "keys:read"),
        ("expires", "30"),
        ("project", ""),
    ];
    browser.post("/account/tokens", &with_defaults(fields, &defaults))
}

/// The path of a new token's pages.
fn created(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = create(browser, fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let path = answer.location().strip_suffix("/reveal");
    path.expect("the reveal").to_owned()
}

fn listed(browser: &Browser) -> Vec<String> {
    browser.get("/account").texts("#tokens tbody tr")
}

#[test]
fn a_token_is_shown_once_in_the_session_that_created_it() {
    let app = TestApp::start();
    let (owner, elsewhere) = (app.owner(), app.owner());
    let answer = create(&owner, &[]);
    let reveal = answer.location().to_owned();
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookie = cookies
        .map(|cookie| cookie.to_str().unwrap())
        .find(|cookie| cookie.contains("reveal"))
        .unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    assert!(cookie.contains(&format!("Path={reveal}")) && cookie.contains("Max-Age=300"));
    assert!(elsewhere.get(&reveal).text("h1").contains("is gone"));
    assert!(elsewhere.post(&reveal, &[]).secret().is_none());
    for _ in 0..2 {
        assert_eq!(owner.get(&reveal).text("button.primary"), "Reveal token");
    }
    let revealed = owner.post(&reveal, &[]);
    assert_eq!(revealed.header("cache-control"), "no-store");
    assert_eq!(revealed.text("label[for=secret]"), "Personal token");
    let secret = revealed.secret().unwrap();
    assert!(secret.starts_with("kwp_"), "{secret}");
    let again = owner.post(&reveal, &[]);
    assert_eq!((again.status, again.location()), (303, reveal.as_str()));
    let gone = owner.get(&reveal);
    assert!(gone.text("h1").contains("is gone"));
    let ways_on = gone.texts(".actions a");
    assert_eq!(ways_on, ["Back to the account", "Create token", "Revoke"]);
    let account = owner.get("/account");
    assert!(account.body.contains(&format!("{}…", &secret[..12])));
    assert!(!account.body.contains(&secret));
}

#[test]
fn the_account_leads_to_a_secret_that_waits_in_this_session() {
    let app = TestApp::start();
    let (owner, elsewhere) = (app.owner(), app.owner());
    let reveal = format!("{}/reveal", created(&owner, &[]));
    let links = |browser: &Browser| {
        let link = format!("main a[href='{reveal}']");
        browser.get("/account").texts(&link)
    };
    assert_eq!(links(&owner), ["Reveal token", "Reveal"]);
    assert_eq!(links(&elsewhere).len(), 0);
    assert!(owner.post(&reveal, &[]).secret().is_some());
    assert_eq!(links(&owner).len(), 0);
    let second = format!("{}/reveal", created(&owner, &[]));
    app.clock.advance(Duration::minutes(5));
    assert!(!owner.get("/account").body.contains(&second));
}

#[test]
fn a_tokens_secret_waits_for_five_minutes() {
    let app = TestApp::start();
    let owner = app.owner();
    let path = created(&owner, &[]);
    app.clock.advance(Duration::minutes(5));
    assert!(
        owner
            .post(&format!("{path}/reveal"), &[])
            .secret()
            .is_none()
    );
    let gone = owner.get(&format!("{path}/reveal"));
    assert!(gone.text("h1").contains("is gone"));
}

#[test]
fn the_list_says_what_each_token_may_and_the_empty_one_what_tokens_are_for() {
    let app = TestApp::start();
    let owner = app.owner();
    let empty = owner.get("/account");
    assert!(empty.text("#tokens .empty").contains("one script"));
    assert!(empty.texts("#tokens tbody tr").is_empty());
    created(&owner, &[]);
    created(
        &owner,
        &[
            ("description", "Deploy"),
            ("permissions", "keys:read"),
            ("permissions", "keys:create"),
            ("project", "default"),
        ],
    );
    let page = owner.get("/account");
    let cell = |name: &str| page.texts(&format!("#tokens td[data-th='{name}']"));
    assert_eq!(page.texts("#tokens td.name"), ["Deploy", "Nightly report"]);
    assert_eq!(cell("Permissions"), ["keys:readkeys:create", "keys:read"]);
    assert_eq!(cell("Project"), ["Default", "all"]);
    assert_eq!(cell("Last used"), ["never", "never"]);
    assert_eq!(page.texts("#tokens td.of-state"), ["Active", "Active"]);
    assert!(page.text(".head .soft").ends_with("2 active tokens"));
}

#[test]
fn nobody_gives_a_token_what_they_may_not_do_themselves() {
    let app = TestApp::start();
    let viewer = app.person(Role::Viewer);
    let offered = |browser: &Browser| {
        let page = browser.get("/account/tokens/new");
        page.attributes(".checks input[type=checkbox]", "value")
    };
    assert_eq!(offered(&viewer), ["keys:read", "keys:verify"]);
    assert!(offered(&app.owner()).contains(&"users:manage".to_owned()));
    let too_much = [("permissions", "keys:read"), ("permissions", "keys:revoke")];
    let refused = create(&viewer, &too_much);
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.text("#permissions-error"),
        "You don't have the permission keys:revoke."
    );
    // What was typed is still there.
    assert_eq!(refused.value("description"), "Nightly report");
    assert_eq!(refused.attributes("input[checked]", "value"), ["keys:read"]);
    assert!(listed(&viewer).is_empty());
    created(&viewer, &[]);
    assert_eq!(listed(&viewer).len(), 1);
}

#[test]
fn a_token_is_for_a_project_that_one_knows() {
    let app = TestApp::start();
    app.other_project();
    let viewer = app.person(Role::Viewer);
    let page = viewer.get("/account/tokens/new");
    assert_eq!(
        page.texts("#project option"),
        ["All projects I can see", "Default"]
    );
    for slug in ["other", "nope", "\0"] {
        let refused = create(&viewer, &[("project", slug)]);
        assert_eq!(refused.status, 422, "{slug:?}");
        assert!(!refused.text("#project-error").is_empty(), "{slug:?}");
    }
    created(&viewer, &[("project", "default")]);
}

#[test]
fn a_token_ends_within_a_year() {
    let app = TestApp::start();
    let owner = app.owner();
    let in_days = |days| (app.clock.now() + Duration::days(days)).date().to_string();
    let (late, past) = (in_days(800), in_days(-1));
    for (expires, on, message) in [
        ("date", &*late, "at most 365 days from now"),
        ("date", &*past, "at most 365 days from now"),
        ("date", "", "Choose a date"),
        ("366", "", "Choose one of these"),
        ("never", "", "Choose one of these"),
        ("", "", "Choose one of these"),
    ] {
        let refused = create(&owner, &[("expires", expires), ("expires_on", on)]);
        assert_eq!(refused.status, 422, "{expires} {on}");
        let error = refused.text("#expires-error");
        assert!(error.contains(message), "{expires} {on}: {error}");
        assert_eq!(refused.value("expires_on"), on);
    }
    assert!(listed(&owner).is_empty());
    let page = owner.get("/account/tokens/new");
    let options = page.texts("#expires option");
    assert_eq!(options.len(), 4, "{options:?}");
    // The last day that the form offers is one that is accepted, to its end in UTC.
    let last = in_days(364);
    assert!(page.body.contains(&format!("max=\"{last}\"")));
    created(&owner, &[("expires", "date"), ("expires_on", &last)]);
    created(&owner, &[("expires", "365")]);
    created(&owner, &[("expires", "date"), ("expires_on", &in_days(9))]);
    let end = format!("datetime=\"{}T00:00:00Z\"", in_days(10));
    assert!(owner.get("/account").body.contains(&end));
}

#[test]
fn everything_wrong_with_a_token_is_told_at_once() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [
        ("csrf", owner.csrf.as_str()),
        ("description", "zero\u{200B}width"),
        ("expires", "date"),
        ("project", "nope"),
    ];
    let answer = owner.post_raw("/account/tokens", &fields);
    assert_eq!(answer.status, 422);
    for field in ["description", "permissions", "expires", "project"] {
        let message = answer.text(&format!("#{field}-error"));
        assert!(!message.is_empty(), "{field}");
    }
    assert!(answer.text("[role=alert]").starts_with("The token was not"));
}

#[test]
fn a_revoked_token_says_so_and_can_not_be_revoked_again() {
    let app = TestApp::start();
    let owner = app.owner();
    let path = created(&owner, &[]);
    let page = owner.get(&format!("{path}/revocation"));
    assert_eq!(page.text("h1"), "Revoke Nightly report");
    assert_eq!(page.text("main .notice"), "Never used.");
    let done = owner.post(&format!("{path}/revocation"), &[]);
    assert_eq!(done.location(), "/account?done=token");
    let account = owner.get(done.location());
    assert!(account.text("[role=status]").starts_with("Token revoked"));
    assert_eq!(account.text("#tokens td.of-state"), "Revoked");
    assert_eq!(account.text("#tokens td.act"), "");
    // The unrevealed secret is gone with it.
    assert!(
        owner
            .post(&format!("{path}/reveal"), &[])
            .secret()
            .is_none()
    );
    let before = app.audit_entries();
    for answer in [
        owner.get(&format!("{path}/revocation")),
        owner.post(&format!("{path}/revocation"), &[]),
    ] {
        assert_eq!(answer.status, 409);
        assert_eq!(answer.text("h1"), "This can't be done");
        assert_eq!(
            answer.texts("main a[href='/account']"),
            ["Back to the account"]
        );
        assert!(answer.body.contains("already revoked by owner@example.com"));
    }
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn a_token_whose_time_is_over_shows_as_expired() {
    let app = TestApp::start();
    let owner = app.owner();
    created(&owner, &[]);
    app.clock.advance(Duration::days(30));
    let account = app.owner().get("/account");
    assert_eq!(account.text("#tokens td.of-state"), "Expired");
    assert!(account.text(".head .soft").ends_with("0 active tokens"));
}

#[test]
fn the_tokens_of_others_are_not_there() {
    let app = TestApp::start();
    let owner = app.owner();
    let path = created(&app.person(Role::Admin), &[]);
    for page in ["reveal", "revocation"] {
        assert_eq!(owner.get(&format!("{path}/{page}")).status, 404, "{page}");
        let posted = owner.post(&format!("{path}/{page}"), &[]);
        assert_eq!(posted.status, 404, "{page}");
    }
    assert!(listed(&owner).is_empty());
}
