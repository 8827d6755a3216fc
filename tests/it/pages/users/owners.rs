//! Owners alone manage people, and there is always one who can.

use keyward::records::Role;

use super::tokens::{new_token, token_works};
use super::{id_of, invite, number_of_users};
use crate::app::{TestApp, add_person};

const NOTHING: &[(&str, &str)] = &[];

#[test]
fn people_are_for_owners_alone() {
    let app = TestApp::start();
    let admin = app.person(Role::Admin);
    let id = id_of(&app, "admin@example.com");
    let (token, secret) = new_token(&app, id);
    for path in [
        "/users".to_owned(),
        "/users/new".into(),
        format!("/users/{id}"),
        format!("/users/{id}/grants/removal?project=default"),
        format!("/users/{id}/sign-out"),
        format!("/users/{id}/disabling"),
        format!("/users/{id}/tokens/{token}/revocation"),
    ] {
        assert_eq!(admin.get(&path).status, 403, "{path}");
    }
    let invitation = [("email", "x@example.com"), ("role", "admin")];
    assert_eq!(admin.post("/users", &invitation).status, 403);
    let role = [("role", "owner"), ("project", "*")];
    for (path, fields) in [
        (format!("/users/{id}/grants"), &role[..]),
        (format!("/users/{id}/grants/removal"), &role[1..]),
        (format!("/users/{id}/link"), NOTHING),
        (format!("/users/{id}/sign-out"), NOTHING),
        (format!("/users/{id}/disabling"), NOTHING),
        (format!("/users/{id}/enabling"), NOTHING),
        (format!("/users/{id}/tokens/{token}/revocation"), NOTHING),
    ] {
        assert_eq!(admin.post(&path, fields).status, 403, "{path}");
    }
    assert_eq!(number_of_users(&app), 2);
    assert!(token_works(&app, &secret));
}

#[test]
fn the_last_owner_who_can_sign_in_stays_one() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = id_of(&app, "owner@example.com");
    // Somebody who has yet to choose a password doesn't count.
    invite(&owner, "ana@example.com", "owner", "*");
    let demotion = [("role", "viewer"), ("project", "*")];
    let attempts = [
        (format!("/users/{id}/disabling"), NOTHING),
        (format!("/users/{id}/grants"), &demotion[..]),
        (format!("/users/{id}/grants/removal"), &demotion[1..]),
    ];
    for (path, fields) in &attempts {
        let answer = owner.post(path, fields);
        assert_eq!(answer.status, 409, "{path}");
        let message = "owner@example.com is the last owner who can sign in.";
        assert!(answer.body.contains(message), "{path}");
    }
    assert_eq!(owner.get("/users").status, 200);
    // The pages say so before anybody presses anything.
    let pages = [
        format!("/users/{id}/disabling"),
        format!("/users/{id}/grants/removal?project=*"),
    ];
    for path in &pages {
        let page = owner.get(path);
        assert!(
            page.text("main .notice").contains("is the last owner"),
            "{path}"
        );
        assert!(!page.text("main").contains("This is you"), "{path}");
        assert_eq!(page.texts("main form").len(), 0, "{path}");
    }

    add_person(
        &mut app.database.connect(),
        "second@example.com",
        Role::Owner,
        None,
    );
    for path in &pages {
        let page = owner.get(path);
        assert!(
            page.text("main .notice").starts_with("This is you."),
            "{path}"
        );
        assert_eq!(page.texts("main form").len(), 1, "{path}");
    }
    // Once they may step down, they are sent to the overview.
    let (path, fields) = &attempts[1];
    assert_eq!(owner.post(path, fields).location(), "/");
    assert_eq!(owner.get("/users").status, 403);
    let second = app.anonymous().signed_in("second@example.com");
    assert_eq!(second.get("/users").status, 200);
}
