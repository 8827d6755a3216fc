use crate::app::{Browser, PASSWORD, TestApp};

fn set_up(browser: &Browser, code: &str, email: &str, password: &str) -> crate::app::Answer {
    let csrf = browser.get("/setup").value("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("code", code),
        ("email", email),
        ("password", password),
    ];
    browser.post_raw("/setup", &fields)
}

#[test]
fn the_printed_code_makes_the_first_owner_who_is_then_signed_in() {
    let app = TestApp::start_fresh();
    let browser = app.anonymous();
    assert_eq!(browser.get("/").location(), "/login");
    assert_eq!(browser.get("/login").location(), "/setup");
    // However it is typed.
    let code = app
        .setup_code
        .clone()
        .unwrap()
        .to_lowercase()
        .replace('-', " ");
    let made = set_up(&browser, &code, " Ana@Example.com ", PASSWORD);
    assert_eq!((made.status, made.location()), (303, "/"));
    // A new instance shows the way.
    let overview = browser.get("/");
    assert_eq!(overview.status, 200);
    assert_eq!(
        overview.texts(".first-steps .done a"),
        ["Describe your scopes"]
    );
    assert_eq!(overview.texts(".primary"), ["Create key"]);
    assert_eq!(browser.get("/setup").status, 404);
    assert_eq!(
        app.anonymous().signed_in("ana@example.com").get("/").status,
        200
    );
    assert_eq!(
        app.database
            .number("SELECT count(*) AS number FROM setup_codes"),
        0
    );
}

#[test]
fn of_many_at_once_one_becomes_owner() {
    let app = TestApp::start_fresh();
    let code = app.setup_code.clone().unwrap();
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let (browser, code) = (app.anonymous(), code.clone());
            std::thread::spawn(move || {
                set_up(&browser, &code, &format!("p{number}@example.com"), PASSWORD).status
            })
        })
        .collect();
    let made = tries.into_iter().map(|try_| try_.join().unwrap());
    assert_eq!(made.filter(|status| *status == 303).count(), 1);
    assert_eq!(
        app.database.number("SELECT count(*) AS number FROM users"),
        1
    );
    // The set-up, and the session that began with it.
    assert_eq!(app.audit_entries(), 2);
}

#[test]
fn a_wrong_code_or_field_is_told_beside_it_and_nothing_typed_is_lost_but_the_password() {
    let app = TestApp::start_fresh();
    let (browser, code) = (app.anonymous(), app.setup_code.clone().unwrap());
    let wrong = set_up(
        &browser,
        "AAAAA-AAAAA-AAAAA-AAAAA",
        "ana@example.com",
        PASSWORD,
    );
    assert_eq!(wrong.status, 422);
    assert!(
        wrong
            .text("#code-error")
            .starts_with("This is not the code")
    );
    assert_eq!(wrong.value("email"), "ana@example.com");
    assert!(!wrong.body.contains(PASSWORD));
    let weak = set_up(&browser, &code, "not an email", "password1234");
    assert_eq!(weak.status, 422);
    assert!(!weak.text("#email-error").is_empty() && !weak.text("#password-error").is_empty());
    assert!(!weak.body.contains("password1234"));
    assert_eq!(
        app.database.number("SELECT count(*) AS number FROM users"),
        0
    );
}
