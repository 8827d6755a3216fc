//! Somebody's personal tokens.

use keyward::access::{Actor, Origin, Proof};
use keyward::domain::Op;
use keyward::domain::actors::Claim;
use keyward::domain::tokens::{self, TokenDraft};
use keyward::records::Role;
use time::Duration;

use super::id_of;
use crate::app::{Answer, TestApp};

/// Makes a personal token for this person, and returns its id and secret.
pub(super) fn new_token(app: &TestApp, user: i64) -> (i64, String) {
    let (mut conn, now) = (app.database.connect(), app.clock.now());
    let version = "SELECT version AS number FROM users WHERE id = ";
    let version = app.database.number(&format!("{version}{user}"));
    let claim = Claim {
        user_id: user,
        proof: Proof::Jwt { version },
        origin: Origin::default(),
    };
    let loaded = claim.load(&mut conn, now);
    let draft = TokenDraft {
        description: "Nightly report".into(),
        expires_at: Some(now + Duration::days(30)),
        permissions: vec!["keys:read".into()],
        project: None,
        unreadable: vec![],
    };
    let actor = loaded.unwrap().unwrap();
    let mut op = Op::new(&mut conn, &actor, now);
    let minted = tokens::create_at_once(&mut op, &draft, 365).unwrap();
    (minted.token.id, minted.secret.expose().to_owned())
}

pub(super) fn token_works(app: &TestApp, secret: &str) -> bool {
    let (mut conn, now) = (app.database.connect(), app.clock.now());
    let nobody = Actor::nobody(Origin::default());
    let actor = tokens::actor_with_token(&mut Op::new(&mut conn, &nobody, now), secret);
    actor.unwrap().is_some()
}

#[test]
fn a_personal_token_of_somebody_is_seen_and_revoked() {
    let app = TestApp::start();
    let owner = app.owner();
    app.person(Role::Viewer);
    let id = id_of(&app, "viewer@example.com");
    let (token, secret) = new_token(&app, id);
    let person = owner.get(&format!("/users/{id}"));
    let row = format!("#token-{token}");
    let cell = |page: &Answer, css: &str| page.text(&format!("{row} {css}"));
    assert_eq!(cell(&person, ".name"), "Nightly report");
    assert!(secret.starts_with(cell(&person, ".key").trim_end_matches('…')));
    assert_eq!(cell(&person, ".chip"), "keys:read");
    assert_eq!(cell(&person, "[data-th=Project]"), "All projects");
    assert_eq!(cell(&person, ".state"), "Active");
    assert!(!person.body.contains(&secret));

    let path = format!("/users/{id}/tokens/{token}/revocation");
    let page = owner.get(&path);
    assert_eq!(page.text("h1"), "Revoke Nightly report");
    assert!(page.text("main").contains("viewer@example.com"));
    assert!(token_works(&app, &secret));
    // A token under somebody it does not belong to.
    let own = id_of(&app, "owner@example.com");
    let foreign = format!("/users/{own}/tokens/{token}/revocation");
    assert_eq!(owner.get(&foreign).status, 404);
    assert_eq!(owner.post(&foreign, &[]).status, 404);
    assert!(token_works(&app, &secret));

    let done = owner.post(&path, &[]);
    assert_eq!(done.location(), format!("/users/{id}?done=revoked"));
    assert!(!token_works(&app, &secret));
    let person = owner.get(done.location());
    assert_eq!(cell(&person, ".state"), "Revoked");
    assert!(cell(&person, "a").is_empty());
    assert_eq!(owner.get(&path).status, 409);
    assert_eq!(owner.post(&path, &[]).status, 409);
}
