//! `keyward users`.

use keyward::records::Role;
use serde_json::{Value, json};

use super::{json_lines, run_on, told};
use crate::app::{TestApp, add_person};
use crate::program::command;

/// The person with this email, as the list has them.
fn listed(app: &TestApp, email: &str) -> Value {
    let people = json_lines(&run_on(app, &["users", "list", "--json"]));
    let mut people = people.into_iter();
    people.find(|person| person["email"] == email).unwrap()
}

#[test]
fn an_invited_person_is_listed_with_what_they_have_been_given() {
    let app = TestApp::start();
    let invited = run_on(
        &app,
        &[
            "users",
            "invite",
            "Ben@example.com",
            "--role",
            "support",
            "--project",
            "default",
        ],
    );
    assert!(invited.status.success());
    let link = String::from_utf8(invited.stdout).unwrap();
    assert!(
        link.starts_with("http://127.0.0.1:8080/password?code="),
        "{link}"
    );
    assert_eq!(link.lines().count(), 1);
    let ben = listed(&app, "ben@example.com");
    assert_eq!(ben["state"], "invited");
    assert_eq!(ben["disabled_at"], Value::Null);
    assert_eq!(ben["grants"].as_array().unwrap().len(), 1);
    assert_eq!(ben["grants"][0]["project"], "default");
    assert_eq!(ben["grants"][0]["role"], "support");
    assert_eq!(ben["grants"][0]["created_by"], "command line");
    let owner = listed(&app, "owner@example.com");
    assert_eq!(owner["state"], "active");
    assert_eq!(owner["grants"][0]["project"], Value::Null);
    let (code, text) = told(&run_on(&app, &["users", "list"]));
    assert_eq!((code, text.lines().count()), (0, 2));
    assert!(text.contains("support of default"), "{text}");
    let again = ["users", "invite", "ben@example.com", "--role", "viewer"];
    assert_eq!(told(&run_on(&app, &again)).0, 1);
}

#[test]
fn links_lead_to_where_browsers_find_the_console() {
    let app = TestApp::start();
    let arguments = ["users", "link", "owner@example.com", "--json"];
    let mut command = command(app.database.folder(), &arguments);
    command
        .env("DATABASE_URL", &app.database.url)
        .env("KEYWARD_PUBLIC_URL", "https://keys.example.com/");
    let links = json_lines(&command.output().unwrap());
    assert_eq!(links.len(), 1);
    assert_eq!(links[0]["email"], "owner@example.com");
    let link = links[0]["link"].as_str().unwrap();
    assert!(
        link.starts_with("https://keys.example.com/password?code="),
        "{link}"
    );
    let (code, text) = told(&run_on(&app, &["users", "link", "nobody@example.com"]));
    assert_eq!(code, 1);
    assert!(text.contains("Nobody has the email"), "{text}");
}

#[test]
fn a_disabled_person_is_out_until_they_are_enabled() {
    let app = TestApp::start();
    add_person(
        &mut app.database.connect(),
        "ben@example.com",
        Role::Viewer,
        None,
    );
    let ben = app.anonymous().signed_in("ben@example.com");
    assert_eq!(ben.get("/").status, 200);
    let users = |verb: &str| run_on(&app, &["users", verb, "ben@example.com", "--json"]);
    let disabled = json_lines(&users("disable"));
    assert_eq!(disabled[0]["state"], "disabled");
    assert!(disabled[0]["disabled_at"].is_string());
    assert_eq!(ben.get("/").status, 303);
    assert_eq!(told(&users("disable")).0, 1);
    assert_eq!(told(&users("link")).0, 1);
    let enabled = json_lines(&users("enable"));
    assert_eq!(enabled[0]["state"], "active");
    assert_eq!(told(&users("enable")).0, 1);
    app.anonymous().signed_in("ben@example.com");
}

#[test]
fn the_last_owner_stays() {
    let app = TestApp::start();
    for arguments in [
        &["users", "disable", "owner@example.com"][..],
        &["users", "remove-role", "owner@example.com"],
        &["users", "grant", "owner@example.com", "--role", "admin"],
    ] {
        let (code, text) = told(&run_on(&app, arguments));
        assert_eq!(code, 1, "{arguments:?}");
        assert!(text.contains("the last owner"), "{text}");
    }
    assert_eq!(listed(&app, "owner@example.com")["state"], "active");
}

#[test]
fn roles_are_given_and_taken_away() {
    let app = TestApp::start();
    add_person(
        &mut app.database.connect(),
        "ben@example.com",
        Role::Viewer,
        None,
    );
    let ben = app.anonymous().signed_in("ben@example.com");
    assert_eq!(ben.get("/projects/default/keys/new").status, 403);
    let on_default = ["ben@example.com", "--project", "default", "--json"];
    let grant = [&["users", "grant", "--role", "admin"][..], &on_default].concat();
    let granted = json_lines(&run_on(&app, &grant));
    let roles: Vec<&Value> = granted[0]["grants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| &grant["role"])
        .collect();
    assert_eq!(roles, [&json!("viewer"), &json!("admin")]);
    assert_eq!(ben.get("/projects/default/keys/new").status, 200);
    let remove_role = [&["users", "remove-role"][..], &on_default].concat();
    let taken = json_lines(&run_on(&app, &remove_role));
    assert_eq!(taken[0]["grants"].as_array().unwrap().len(), 1);
    assert_eq!(ben.get("/projects/default/keys/new").status, 403);
    let (code, text) = told(&run_on(&app, &remove_role));
    assert_eq!(code, 1);
    assert_eq!(
        text,
        "ben@example.com has no role on the project default.\n"
    );
    let (code, text) = told(&run_on(&app, &["users", "remove-role", "ben@example.com"]));
    assert_eq!(code, 0);
    assert_eq!(
        text,
        "ben@example.com no longer has a role on all projects.\n"
    );
    let owner_of_one = ["users", "grant", "ben@example.com", "--role", "owner"];
    let owner_of_one = [&owner_of_one[..], &["--project", "default"]].concat();
    assert_eq!(told(&run_on(&app, &owner_of_one)).0, 1);
}
