//! Finding anything by words, or by a text with a secret in it.

use keyward::records::Role;

use crate::app::{Answer, Browser, TestApp};

fn find(browser: &Browser, text: &str) -> Answer {
    let answer = browser.post("/find", &[("text", text)]);
    assert_eq!(answer.status, 200);
    answer
}

#[test]
fn words_find_keys_people_projects_and_pages_of_all_projects() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "Checkout service")]);
    app.other_project();
    let found = find(&owner, "check");
    assert!(
        found
            .links(".found a")
            .contains(&"/projects/default/keys/1".to_owned())
    );
    assert_eq!(found.text("textarea"), "check");
    let links = |text: &str| find(&owner, text).links(".found a");
    assert!(
        links("owner@")
            .iter()
            .any(|link| link.starts_with("/users/"))
    );
    assert!(links("oth").contains(&"/projects/other".to_owned()));
    assert!(links("audit").contains(&"/audit".to_owned()));
    assert!(
        find(&owner, "nothing-like-this")
            .text(".found")
            .contains("Nothing found")
    );
    // What one may not see is not found.
    let viewer = app.person(Role::Viewer);
    let found = find(&viewer, "o");
    let links = found.links(".found a");
    assert!(
        !links
            .iter()
            .any(|link| link.contains("other") || link.contains("users")),
        "{links:?}"
    );
}

#[test]
fn a_secret_in_a_pasted_text_finds_its_key_and_is_not_shown_again() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout")]);
    let (other, second) = owner.new_key(&[("label", "Nightly import")]);
    let log = format!(
        "2026-11-20 GET /assets X-API-Key: {secret} 200\n{}\nkey={second}&x=1",
        "a line without any key in it\n".repeat(200)
    );
    let found = find(&owner, &log);
    let keys = [id, other].map(|id| format!("/projects/default/keys/{id}"));
    let mut links = found.links(".found a");
    links.sort();
    assert_eq!(links, keys);
    for secret in [&secret, &second] {
        assert!(!found.body.contains(secret.as_str()));
    }
    assert!(found.text(".notice").contains(&secret[..14]));
    // Somebody else's secret, and one of a project that the person can't see.
    let foreign = find(&owner, "sk_live_51H8xKq2eZvKYlo2CAbCdEfGhIjKl");
    assert!(foreign.links(".found a").is_empty());
    assert!(!foreign.body.contains("AbCdEfGhIjKl"));
    app.other_project();
    let id = owner.create_key_in("other", &[("scopes", "read:other")]);
    let revealed = owner.post(&format!("/projects/other/keys/{id}/reveal"), &[]);
    let hidden = revealed.secret().unwrap();
    let viewer = app.person(Role::Viewer);
    let found = find(&viewer, &hidden);
    assert!(found.links(".found a").is_empty() && !found.body.contains(&hidden));
}

#[test]
fn without_a_text_there_is_only_the_field() {
    let app = TestApp::start();
    let page = app.owner().get("/find");
    assert_eq!(page.text(".found"), "");
    assert_eq!(find(&app.owner(), "  ").text(".found"), "");
}
