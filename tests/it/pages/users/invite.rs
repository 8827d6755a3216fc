//! Inviting a person.

use super::{id_of, link_on, number_of_users};
use crate::app::{PASSWORD, TestApp};

#[test]
fn an_invitation_shows_its_link_once_and_for_whom_it_is() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [
        ("email", " Ana@Example.com "),
        ("role", "admin"),
        ("project", "*"),
    ];
    let answer = owner.post("/users", &fields);
    assert_eq!(answer.status, 200);
    let link = link_on(&answer);
    let start = format!("{}/password?code=", app.url);
    let code = link.strip_prefix(&start).unwrap();
    assert!(code.len() >= 43, "{code}");
    assert!(answer.text("main .head").contains("ana@example.com"));
    let text = answer.text(".secret");
    assert!(text.contains("works once, until"), "{text}");
    assert!(text.contains("Invited as Admin of all projects."), "{text}");
    assert_eq!(answer.text("label[for=link]"), "Link");
    // It is never shown again.
    let id = id_of(&app, "ana@example.com");
    for path in ["/users", &format!("/users/{id}"), "/audit"] {
        let page = owner.get(path);
        assert_eq!(page.status, 200);
        assert!(!page.body.contains(code), "{path}");
    }
    // Until they have chosen a password, nobody can sign in as them.
    let attempt = app.anonymous().sign_in("ana@example.com", PASSWORD);
    assert_eq!(attempt.status, 422);
}

#[test]
fn what_is_wrong_with_an_invitation_is_told_beside_it_and_nobody_is_added() {
    let app = TestApp::start();
    let owner = app.owner();
    for (email, role, project, wrong, message) in [
        (
            "ana",
            "viewer",
            "default",
            "email",
            "Enter an email address",
        ),
        (
            "owner@example.com",
            "viewer",
            "default",
            "email",
            "This email is already in use.",
        ),
        ("ana@example.com", "", "*", "role", "Choose one of these."),
        (
            "ana@example.com",
            "king",
            "*",
            "role",
            "Choose one of these.",
        ),
        (
            "ana@example.com",
            "owner",
            "default",
            "project",
            "Choose All projects for an owner.",
        ),
        (
            "ana@example.com",
            "viewer",
            "nowhere",
            "project",
            "Choose one of these.",
        ),
        (
            "ana@example.com",
            "viewer",
            "",
            "project",
            "Choose one of these.",
        ),
    ] {
        let fields = [("email", email), ("role", role), ("project", project)];
        let answer = owner.post("/users", &fields);
        assert_eq!(answer.status, 422, "{fields:?}");
        let error = answer.text(&format!("#{wrong}-error"));
        assert!(error.starts_with(message), "{fields:?}: {error}");
        assert_eq!(answer.texts(".error").len(), 1, "{fields:?}");
        assert_eq!(answer.value("email"), email);
        assert!(answer.text("[role=alert]").starts_with("Nothing was saved"));
        // If somebody already has the email, a link leads to the people.
        let to_people = answer.texts(".field a[href='/users']").len();
        assert_eq!(to_people == 1, email == "owner@example.com", "{fields:?}");
    }
    let fields = [("email", "ana"), ("role", ""), ("project", "nowhere")];
    let answer = owner.post("/users", &fields);
    assert_eq!(answer.texts(".error").len(), 3);
    assert_eq!(number_of_users(&app), 1);
}

#[test]
fn an_invitation_begins_with_no_role_and_no_project_and_needs_both() {
    let app = TestApp::start();
    let owner = app.owner();
    let page = owner.get("/users/new");
    assert!(page.texts("option[selected]").is_empty());
    let offered = page.texts("#project option");
    assert_eq!(offered, ["Choose one", "All projects", "Default"]);
    let fields = [("email", "ana@example.com"), ("role", ""), ("project", "")];
    let refused = owner.post("/users", &fields);
    assert_eq!(refused.status, 422);
    for field in ["role", "project"] {
        assert_eq!(
            refused.text(&format!("#{field}-error")),
            "Choose one of these."
        );
    }
    assert!(refused.texts("option[selected]").is_empty());
    assert_eq!(number_of_users(&app), 1);
}

#[test]
fn the_links_address_is_shown_before_it_is_sent() {
    let app = TestApp::start();
    let owner = app.owner();
    assert!(owner.get("/users/new").body.contains(&app.url));
    let fields = [
        ("csrf", owner.csrf.as_str()),
        ("email", "ana@example.com"),
        ("role", "viewer"),
        ("project", "*"),
    ];
    let post = |host: &str| {
        let call = owner.client.post(owner.at("/users")).header("host", host);
        let answer: crate::app::Answer = call.form(&fields).send().unwrap().into();
        answer
    };
    for host in ["evil.example/path", "ana@evil.example", "a b", "x:port"] {
        assert_eq!(post(host).status, 400, "{host}");
    }
    let made = post("keys.internal:8080");
    assert_eq!(made.status, 200);
    assert!(made.value("link").is_empty() && made.body.contains("http://keys.internal:8080/"));
    assert!(made.text(".notice.warn").contains("KEYWARD_PUBLIC_URL"));
}
