//! Which scopes of a key were really asked for, and the edit that keeps no others.

use crate::app::{Browser, TestApp, eventually};

const KEY: &str = "/projects/default/keys/1";

/// Asks `/verify` for a key with this query.
fn ask(app: &TestApp, query: &str, secret: &str) {
    let browser = app.anonymous();
    let request = browser.client.get(browser.at(&format!("/verify{query}")));
    let answer = request.header("X-API-Key", secret).send().unwrap();
    assert_eq!(answer.status(), 200, "{query}");
}

/// What the key's page says beside this word.
fn fact(owner: &Browser, name: &str) -> Option<String> {
    let page = owner.get(KEY);
    let names = page.texts(".facts dt");
    let place = names.iter().position(|one| one == name)?;
    Some(page.texts(".facts dd")[place].clone())
}

#[test]
fn scopes_that_were_never_asked_for_are_told_and_taken_away_in_two_actions() {
    let app = TestApp::start();
    let owner = app.owner();
    let scopes = [("scopes", "read:assets"), ("scopes", "write:assets")];
    let (_, secret) = owner.new_key(&scopes);
    assert!(fact(&owner, "Never asked for").is_none());
    assert!(
        fact(&owner, "Use of scopes")
            .unwrap()
            .contains("nothing is known")
    );
    for query in [
        "?scope=read:assets",
        "?scope=read:assets&scope=read:analytics",
    ] {
        ask(&app, query, &secret);
    }
    eventually(|| (fact(&owner, "Asked for").as_deref() == Some("read:assets 2")).then_some(()));
    assert_eq!(fact(&owner, "Never asked for").unwrap(), "write:assets");
    let page = owner.get(KEY);
    let link = page.link(".facts a[href$='scopes=used']");
    let edit = owner.get(&link);
    let checked = edit.attributes("[name=scopes][checked]", "value");
    assert_eq!(checked, ["read:assets"]);
    // The catalogue says it of all keys together.
    let catalogue = owner.get("/projects/default/scopes");
    let cells = catalogue.texts("td[data-th='Asked for']");
    assert_eq!(cells, ["2", "never", "never"]);
}

#[test]
fn where_services_name_no_scope_nothing_can_be_known() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("scopes", "read:assets"), ("scopes", "write:assets")]);
    ask(&app, "", &secret);
    let note = || fact(&owner, "Use of scopes").unwrap();
    eventually(|| (note().contains("it can’t be known which scopes are used")).then_some(()));
    assert!(fact(&owner, "Never asked for").is_none());
    assert!(
        !owner
            .get(KEY)
            .text("main")
            .contains("Keep only what was used")
    );
    ask(&app, "?scope=write:assets", &secret);
    eventually(|| (note().contains("may have needed any")).then_some(()));
    assert_eq!(fact(&owner, "Never asked for").unwrap(), "read:assets");
    assert!(
        !owner
            .get(KEY)
            .text("main")
            .contains("Keep only what was used")
    );
}

#[test]
fn a_key_with_every_scope_is_narrowed_to_what_was_asked_for() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("scopes", "*")]);
    ask(
        &app,
        "?scope=read:analytics&scope=read:assets&all=1",
        &secret,
    );
    eventually(|| (fact(&owner, "Asked for").is_some()).then_some(()));
    assert_eq!(fact(&owner, "Never asked for").unwrap(), "write:assets");
    let edit = owner.get(&format!("{KEY}/edit?scopes=used"));
    let mut checked = edit.attributes("[name=scopes][checked]", "value");
    checked.sort();
    assert_eq!(checked, ["read:analytics", "read:assets"]);
    // Nobody but a key with every scope is let through where an unknown one is required.
    ask(&app, "?scope=unknown:scope", &secret);
    eventually(|| {
        (fact(&owner, "Asked for").is_some_and(|asked| asked.contains('*'))).then_some(())
    });
    assert!(
        !owner
            .get(KEY)
            .text("main")
            .contains("Keep only what was used")
    );
}
