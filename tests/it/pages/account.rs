use keyward::records::Role;
use time::Duration;

use super::audit::rows;
use crate::app::{Answer, Browser, PASSWORD, TestApp};

const OTHER_PASSWORD: &str = "another long and odd phrase";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn change(browser: &Browser, present: &str, new: &str) -> Answer {
    let fields = [("present_password", present), ("password", new)];
    browser.post("/account/password", &fields)
}

fn with_firefox(app: &TestApp) -> Browser {
    Browser::with_headers(&app.url, &[("user-agent", FIREFOX)]).signed_in("owner@example.com")
}

fn sessions(page: &Answer) -> Vec<String> {
    page.texts("#sessions tbody tr")
}

#[test]
fn another_password_ends_other_sessions_and_this_one_goes_on() {
    let app = TestApp::start();
    let (here, elsewhere) = (app.owner(), app.owner());
    let changed = change(&here, PASSWORD, OTHER_PASSWORD);
    assert_eq!(
        (changed.status, changed.location()),
        (303, "/account?done=password")
    );
    let page = here.get(changed.location());
    assert!(
        page.text("[role=status]").starts_with("Password changed"),
        "{}",
        page.body
    );
    assert_eq!(sessions(&page).len(), 1);
    assert_eq!(elsewhere.get("/").status, 303);
    // Forms that were open in this session still work.
    here.create_key(&[]);
    let sign_in = |password| {
        app.anonymous()
            .sign_in("owner@example.com", password)
            .status
    };
    assert_eq!(sign_in(PASSWORD), 422);
    assert_eq!(sign_in(OTHER_PASSWORD), 303);
}

#[test]
fn a_copy_of_the_cookie_ends_with_the_old_password_too() {
    let app = TestApp::start();
    let mut owner = app.anonymous();
    let signed_in = owner.sign_in("owner@example.com", PASSWORD);
    let cookies = signed_in.headers.get_all("set-cookie").iter();
    let copied = cookies
        .map(|cookie| cookie.to_str().unwrap())
        .find(|cookie| cookie.starts_with("keyward_session_"))
        .and_then(|cookie| cookie.split(';').next())
        .unwrap();
    let thief = Browser::with_headers(&app.url, &[("cookie", copied)]);
    assert_eq!(thief.get("/").status, 200);
    owner.csrf = owner.get("/").value("csrf");
    assert_eq!(change(&owner, PASSWORD, OTHER_PASSWORD).status, 303);
    assert_eq!(owner.get("/").status, 200);
    assert_eq!(thief.get("/").status, 303);
}

#[test]
fn without_the_present_password_nothing_changes() {
    let app = TestApp::start();
    let (here, elsewhere) = (app.owner(), app.owner());
    let before = app.audit_entries();
    let wrong = change(&here, "not the present one at all", OTHER_PASSWORD);
    assert_eq!(wrong.status, 422);
    assert_eq!(
        wrong.texts(".error"),
        ["This is not your current password."]
    );
    assert_eq!(wrong.value("present_password"), "");
    assert!(!wrong.body.contains("not the present one at all"));
    assert!(!wrong.body.contains(OTHER_PASSWORD));
    let weak = change(&here, PASSWORD, "password1234");
    assert_eq!(weak.status, 422);
    assert_eq!(weak.texts(".error").len(), 1);
    assert!(!weak.text("#password-error").is_empty());
    assert!(weak.text("[role=alert]").starts_with("Nothing was saved"));
    assert_eq!(elsewhere.get("/").status, 200);
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn guessing_the_present_password_is_slowed() {
    let app = TestApp::start();
    let owner = app.owner();
    let guess = || change(&owner, "a guess of many words", OTHER_PASSWORD).status;
    assert_eq!(guess(), 422);
    assert!((0..40).any(|_| guess() == 429));
}

#[test]
fn sessions_are_listed_and_one_can_be_ended_from_another() {
    let app = TestApp::start();
    let (here, elsewhere) = (app.owner(), with_firefox(&app));
    let page = here.get("/account");
    let listed = sessions(&page);
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(
        listed[0].starts_with("Unknown device") && listed[0].ends_with("This one"),
        "{listed:?}"
    );
    assert!(
        listed[1].starts_with("Firefox on Linux") && listed[1].ends_with("End"),
        "{listed:?}"
    );
    let device = "#sessions td.act button[aria-label^='End Firefox on Linux, began 2']";
    assert_eq!(page.texts(device), ["End"]);
    assert_eq!(page.text("td[data-th=Address]"), "127.0.0.1");
    assert!(page.body.contains(FIREFOX));
    let digest = page.value("session");
    let ended = here.post("/account/sessions/end", &[("session", &digest)]);
    assert_eq!(ended.location(), "/account?done=session");
    assert_eq!(elsewhere.get("/").status, 303);
    let left = here.get("/account");
    assert_eq!(sessions(&left).len(), 1);
    assert!(
        !left
            .texts("button")
            .contains(&"End all other sessions".to_owned())
    );
    // It may have ended in between.
    let again = here.post("/account/sessions/end", &[("session", &digest)]);
    assert_eq!(again.status, 303);
    let unreadable = here.post("/account/sessions/end", &[("session", "x")]);
    assert_eq!(unreadable.status, 400);
    assert_eq!(here.get("/").status, 200);
}

#[test]
fn all_other_sessions_can_be_ended_at_once() {
    let app = TestApp::start();
    let (here, second, third) = (app.owner(), app.owner(), with_firefox(&app));
    let page = here.get("/account");
    assert!(
        page.texts("button")
            .contains(&"End all other sessions".to_owned())
    );
    let ended = here.post("/account/sessions/end-others", &[]);
    assert_eq!(ended.location(), "/account?done=sessions");
    assert_eq!(second.get("/").status, 303);
    assert_eq!(third.get("/").status, 303);
    assert_eq!(sessions(&here.get("/account")).len(), 1);
}

#[test]
fn nobody_ends_the_session_of_somebody_else() {
    let app = TestApp::start();
    let (owner, elsewhere) = (app.owner(), app.owner());
    let digest = owner.get("/account").value("session");
    assert_eq!(digest.len(), 64);
    let viewer = app.person(Role::Viewer);
    viewer.post("/account/sessions/end", &[("session", &digest)]);
    viewer.post("/account/sessions/end-others", &[]);
    assert_eq!(elsewhere.get("/").status, 200);
    assert_eq!(sessions(&viewer.get("/account")).len(), 1);
    assert_eq!(sessions(&owner.get("/account")).len(), 2);
}

#[test]
fn a_session_that_ran_out_is_not_listed() {
    let app = TestApp::start();
    let (here, _elsewhere) = (app.owner(), app.owner());
    app.clock.advance(Duration::minutes(20));
    assert_eq!(sessions(&here.get("/account")).len(), 2);
    app.clock.advance(Duration::minutes(10));
    assert_eq!(sessions(&here.get("/account")).len(), 1);
}

#[test]
fn times_are_in_utc_until_somebody_chooses_their_browsers_zone() {
    let app = TestApp::start();
    let (owner, other) = (app.owner(), app.person(keyward::records::Role::Viewer));
    let zone = |browser: &crate::app::Browser| browser.get("/").attribute("body", "data-times");
    let times =
        |browser: &crate::app::Browser| browser.get("/account").attributes("time", "datetime");
    let before = times(&owner);
    assert_eq!(zone(&owner), "");
    let saved = owner.post("/account/times", &[("zone", "browser")]);
    assert_eq!(saved.location(), "/account?done=times");
    assert_eq!(
        (zone(&owner).as_str(), zone(&other).as_str()),
        ("browser", "")
    );
    // The server's answer is the same: a script shows it in the zone.
    assert_eq!(times(&owner).len(), before.len());
    assert!(times(&owner).iter().all(|time| time.ends_with('Z')));
    let log = owner.get("/audit");
    let told = "owner@example.com chose the time zone of their pages";
    assert!(rows(&log).contains(&told.to_owned()));
    let entries = app.audit_entries();
    owner.post("/account/times", &[("zone", "browser")]);
    assert_eq!(app.audit_entries(), entries);
    owner.post("/account/times", &[("zone", "utc")]);
    assert_eq!(zone(&owner), "");
}
