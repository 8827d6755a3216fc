//! Keeping a person out, and letting them in again.

use keyward::records::Role;

use super::tokens::{new_token, token_works};
use super::{id_of, invite, path_of_link};
use crate::app::{PASSWORD, TestApp};
use crate::pages::password::choose;

#[test]
fn disabling_ends_everything_but_the_keys_at_once_and_keeps_out() {
    let app = TestApp::start();
    let owner = app.owner();
    let admin = app.person(Role::Admin);
    let id = id_of(&app, "admin@example.com");
    let (_, token) = new_token(&app, id);
    let (_, key) = admin.new_key(&[]);
    let path = format!("/users/{id}/disabling");
    let page = owner.get(&path);
    assert_eq!(page.text("h1"), "Disable admin@example.com");
    assert!(page.text("main ul").contains("1 personal token"));
    assert_eq!(page.text("main form button"), "Disable person");
    // The link that cancels comes first.
    assert_eq!(page.text("main a, main button"), "Cancel");
    app.person(Role::Viewer);
    let viewer = id_of(&app, "viewer@example.com");
    let without = owner.get(&format!("/users/{viewer}/disabling"));
    assert!(!without.text("main ul").contains("personal token"));
    // Opening the page changes nothing.
    assert_eq!(admin.get("/projects/default/keys").status, 200);
    assert!(token_works(&app, &token));

    let done = owner.post(&path, &[]);
    assert_eq!(done.location(), format!("/users/{id}?done=disabled"));
    assert_eq!(owner.get(done.location()).text("main .state"), "Disabled");
    assert_eq!(admin.get("/projects/default/keys").status, 303);
    let sql = format!("SELECT count(*) AS number FROM sessions WHERE user_id = {id}");
    assert_eq!(app.database.number(&sql), 0);
    let sign_in = || app.anonymous().sign_in("admin@example.com", PASSWORD);
    assert_eq!(sign_in().status, 422);
    assert!(!token_works(&app, &token));
    assert_eq!(owner.verify(&key).0, 200);
    assert_eq!(owner.get(&path).status, 409);
    assert_eq!(owner.post(&path, &[]).status, 409);
    let link = owner.post(&format!("/users/{id}/link"), &[]);
    assert_eq!(link.status, 409);

    let enabled = owner.post(&format!("/users/{id}/enabling"), &[]);
    assert_eq!(enabled.location(), format!("/users/{id}?done=enabled"));
    assert_eq!(sign_in().status, 303);
    assert_eq!(admin.get("/projects/default/keys").status, 303);
}

#[test]
fn disabling_somebody_who_was_invited_ends_their_link() {
    let app = TestApp::start();
    let owner = app.owner();
    let link = invite(&owner, "ana@example.com", "viewer", "default");
    let id = id_of(&app, "ana@example.com");
    owner.post(&format!("/users/{id}/disabling"), &[]);
    assert_eq!(app.anonymous().get(&link).status, 404);
    let enabled = owner.post(&format!("/users/{id}/enabling"), &[]);
    assert_eq!(app.anonymous().get(&link).status, 404);
    let person = owner.get(enabled.location());
    assert_eq!(
        person.text("[role=status]"),
        "Person enabled. They have no password yet: create a new link."
    );
    assert_eq!(person.text("main .state"), "Invited");
    // Only the pill says so.
    assert!(!person.text("main .head p").contains("invited"));
    let made = owner.post(&format!("/users/{id}/link"), &[]);
    assert!(!made.text(".secret").contains("current password"));
    let link = path_of_link(&owner, &made);
    assert_eq!(choose(&app.anonymous(), &link, PASSWORD).status, 303);
    let enabled = owner.get(&format!("/users/{id}?done=enabled"));
    assert!(
        enabled
            .text("[role=status]")
            .ends_with("with their old password.")
    );
}
