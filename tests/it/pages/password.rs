use keyward::records::Role;
use sha2::{Digest, Sha256};
use time::Duration;

use super::users::{id_of, invite, path_of_link};
use crate::app::{Answer, Browser, PASSWORD, TestApp};

const OTHER_PASSWORD: &str = "another long and odd phrase";
const DEAD: &str = "This link has been used or has expired. Links work once, within 24 hours. Ask an owner for a new one.";

/// Opens the link and sends the form.
pub fn choose(browser: &Browser, link: &str, password: &str) -> Answer {
    let form = browser.get(link);
    send(browser, &form, password)
}

fn send(browser: &Browser, form: &Answer, password: &str) -> Answer {
    let (csrf, code) = (form.value("csrf"), form.value("code"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("code", code.as_str()),
        ("password", password),
    ];
    browser.post_raw("/password", &fields)
}

#[test]
fn whoever_is_invited_chooses_a_password_and_signs_in() {
    let app = TestApp::start();
    let link = invite(&app.owner(), "ana@example.com", "admin", "default");
    let ana = app.anonymous();
    let form = ana.get(&link);
    assert_eq!(form.status, 200);
    assert!(form.body.contains("value=\"ana@example.com\""));
    assert!(form.texts("button").contains(&"Set password".to_owned()));
    assert!(!form.text("main").contains("You are signed in"));
    let done = send(&ana, &form, PASSWORD);
    assert_eq!(
        (done.status, done.location()),
        (303, "/login?done=password")
    );
    assert_eq!(
        ana.get(done.location()).text("[role=status]"),
        "Your password is set. Sign in with it."
    );
    let ana = ana.signed_in("ana@example.com");
    assert_eq!(ana.get("/projects/default/keys/new").status, 200);
    assert_eq!(ana.get("/users").status, 403);
    let sql = "SELECT count(*) AS number FROM audit_entries WHERE action = 'user.joined' \
               AND actor = 'ana@example.com' AND actor_id IS NOT NULL";
    assert_eq!(app.database.number(sql), 1);
    let id = id_of(&app, "ana@example.com");
    let person = app.owner().get(&format!("/users/{id}"));
    assert_eq!(person.text("main .state"), "Active");
}

#[test]
fn a_link_works_once() {
    let app = TestApp::start();
    let link = invite(&app.owner(), "ana@example.com", "viewer", "*");
    let (first, second) = (app.anonymous(), app.anonymous());
    let opened = second.get(&link);
    // Opening the link doesn't use it up.
    assert_eq!(first.get(&link).status, 200);
    assert_eq!(choose(&first, &link, PASSWORD).status, 303);
    let late = send(&second, &opened, OTHER_PASSWORD);
    assert_eq!(late.status, 404);
    assert!(late.text("main").contains(DEAD), "{}", late.text("main"));
    let page = second.get(&link);
    assert_eq!(page.status, 404);
    assert!(page.text("main").contains(DEAD));
    assert!(page.text("form").is_empty());
    let sign_in = |password| app.anonymous().sign_in("ana@example.com", password).status;
    assert_eq!(sign_in(OTHER_PASSWORD), 422);
    assert_eq!(sign_in(PASSWORD), 303);
}

#[test]
fn of_many_at_once_one_uses_the_link() {
    let app = TestApp::start();
    let link = invite(&app.owner(), "ana@example.com", "viewer", "*");
    let opened: Vec<(Browser, Answer)> = (0..6)
        .map(|_| {
            let browser = app.anonymous();
            let form = browser.get(&link);
            (browser, form)
        })
        .collect();
    let tries: Vec<_> = opened
        .into_iter()
        .map(|(browser, form)| std::thread::spawn(move || send(&browser, &form, PASSWORD).status))
        .collect();
    let mut statuses: Vec<u16> = tries.into_iter().map(|try_| try_.join().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404, 404, 404, 404]);
}

#[test]
fn a_link_works_for_a_day() {
    let app = TestApp::start();
    let link = invite(&app.owner(), "ana@example.com", "viewer", "*");
    let ana = app.anonymous();
    app.clock.advance(Duration::minutes(24 * 60 - 1));
    let form = ana.get(&link);
    assert_eq!(form.status, 200);
    app.clock.advance(Duration::minutes(1));
    let late = send(&ana, &form, PASSWORD);
    assert_eq!(late.status, 404);
    assert!(late.text("main").contains(DEAD));
    assert_eq!(ana.get(&link).status, 404);
    assert_eq!(ana.sign_in("ana@example.com", PASSWORD).status, 422);
}

#[test]
fn what_is_no_link_is_told_like_one_that_has_ended() {
    let app = TestApp::start();
    for path in ["/password", "/password?code=", "/password?code=%00invented"] {
        let page = app.anonymous().get(path);
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text("main").contains(DEAD), "{path}");
    }
}

#[test]
fn a_weak_password_is_refused_and_the_link_goes_on_working() {
    let app = TestApp::start();
    let link = invite(&app.owner(), "ana@example.com", "viewer", "*");
    let ana = app.anonymous();
    let before = app.audit_entries();
    let mut page = ana.get(&link);
    for weak in ["too short", "password1234", "ana@example.com"] {
        page = send(&ana, &page, weak);
        assert_eq!(page.status, 422, "{weak}");
        assert!(!page.text("#password-error").is_empty(), "{weak}");
        assert!(page.value("password").is_empty());
        assert!(page.body.contains("value=\"ana@example.com\""));
        assert!(link.ends_with(&page.value("code")) && !page.value("code").is_empty());
    }
    assert!(!page.body.contains("password1234"));
    assert_eq!(app.audit_entries(), before);
    assert_eq!(send(&ana, &page, PASSWORD).status, 303);
}

#[test]
fn a_new_link_ends_the_one_before_and_the_password_works_until_it_is_used() {
    let app = TestApp::start();
    let owner = app.owner();
    let session = app.person(Role::Viewer);
    let id = id_of(&app, "viewer@example.com");
    let make = || path_of_link(&owner, &owner.post(&format!("/users/{id}/link"), &[]));
    let (first, second) = (make(), make());
    assert_eq!(app.anonymous().get(&first).status, 404);
    assert_eq!(session.get("/").status, 200);
    let sign_in = |password| {
        app.anonymous()
            .sign_in("viewer@example.com", password)
            .status
    };
    assert_eq!(sign_in(PASSWORD), 303);
    assert_eq!(
        choose(&app.anonymous(), &second, OTHER_PASSWORD).status,
        303
    );
    // Whoever knew the old one is out.
    assert_eq!(session.get("/").status, 303);
    assert_eq!(sign_in(PASSWORD), 422);
    assert_eq!(sign_in(OTHER_PASSWORD), 303);
    let sql = "SELECT count(*) AS number FROM audit_entries WHERE action = 'user.password_chosen'";
    assert_eq!(app.database.number(sql), 1);
}

#[test]
fn a_link_works_where_somebody_else_is_signed_in_and_ends_their_session() {
    let app = TestApp::start();
    let owner = app.owner();
    let link = invite(&owner, "ana@example.com", "viewer", "*");
    let notice = "You are signed in as owner@example.com. That session ends.";
    assert_eq!(owner.get(&link).text("form .notice"), notice);
    // The same after a refused password.
    assert_eq!(choose(&owner, &link, "short").text("form .notice"), notice);
    let done = choose(&owner, &link, PASSWORD);
    assert_eq!(
        (done.status, done.location()),
        (303, "/login?done=password")
    );
    assert_eq!(owner.get("/").status, 303);
    app.anonymous().signed_in("ana@example.com");
}

#[test]
fn a_form_from_elsewhere_does_not_choose_a_password() {
    let app = TestApp::start();
    let link = invite(&app.owner(), "ana@example.com", "viewer", "*");
    let code = link.split_once("code=").unwrap().1;
    let ana = app.anonymous();
    assert_eq!(ana.get(&link).status, 200);
    for csrf in ["", "invented"] {
        let fields = [("csrf", csrf), ("code", code), ("password", PASSWORD)];
        assert_eq!(ana.post_raw("/password", &fields).status, 403);
    }
    assert_eq!(choose(&ana, &link, PASSWORD).status, 303);
}

#[test]
fn guessing_links_is_slowed() {
    let app = TestApp::start();
    let browser = app.anonymous();
    let answers = (0..40).map(|number| browser.get(&format!("/password?code=guess-{number}")));
    let slowed: Vec<Answer> = answers.filter(|answer| answer.status == 429).collect();
    assert!(!slowed.is_empty());
    assert!(slowed[0].header("retry-after").parse::<u64>().unwrap() >= 1);
}

#[test]
fn the_database_keeps_the_hash_of_the_code_alone() {
    let app = TestApp::start();
    let link = invite(&app.owner(), "ana@example.com", "viewer", "*");
    let code = link.split_once("code=").unwrap().1;
    let digest: String = Sha256::digest(code)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let literal = match app.database.is_postgres() {
        true => format!("'\\x{digest}'"),
        false => format!("x'{digest}'"),
    };
    let sql = format!("SELECT count(*) AS number FROM password_links WHERE digest = {literal}");
    assert_eq!(app.database.number(&sql), 1);
    assert_eq!(choose(&app.anonymous(), &link, PASSWORD).status, 303);
    let sql = "SELECT count(*) AS number FROM password_links";
    assert_eq!(app.database.number(sql), 0);
    let sql = format!(
        "SELECT count(*) AS number FROM audit_entries WHERE subject LIKE '%{code}%' \
         OR details LIKE '%{code}%'"
    );
    assert_eq!(app.database.number(&sql), 0);
    // SQLite's files, whole; Postgres keeps its own elsewhere.
    for file in std::fs::read_dir(app.database.folder()).unwrap() {
        let path = file.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        let mut parts = content.windows(code.len());
        assert!(
            !parts.any(|part| part == code.as_bytes()),
            "{}",
            path.display()
        );
    }
}
