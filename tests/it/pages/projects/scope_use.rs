//! How many keys may use a scope, what its removal leaves, and what an edit means for them.

use serde_json::json;

use crate::app::{Answer, TestApp};

const PATH: &str = "/projects/default/scopes";

/// The numbers of keys beside each scope.
fn counts(page: &Answer) -> Vec<String> {
    page.texts("td[data-th=Keys]")
}

fn put(app: &TestApp, scope: &str, includes: &[&str]) {
    let body = json!({"description": "A scope", "includes": includes});
    let api = app.owners_program();
    let status = api
        .put(&format!("/projects/default/scopes/{scope}"), &body)
        .status;
    assert!(status == 200 || status == 201, "{status}");
}

fn new_key(app: &TestApp, scopes: &[&str]) -> i64 {
    app.owners_program()
        .new_key(&json!({"name": "A key", "scopes": scopes}))
        .0
}

#[test]
fn keys_that_may_use_a_scope_are_counted_and_those_that_carry_it_where_they_are_fewer() {
    let app = TestApp::start();
    put(&app, "admin", &["write:assets"]);
    new_key(&app, &["write:assets"]);
    new_key(&app, &["admin", "write:assets"]);
    new_key(&app, &["admin"]);
    let page = app.owner().get(PATH);
    assert_eq!(counts(&page), ["none", "3 · 2 by name", "none", "2"]);
    new_key(&app, &["*"]);
    let owner = app.owner();
    let page = owner.get(PATH);
    let expected = [
        "1 · none by name",
        "4 · 2 by name",
        "1 · none by name",
        "3 · 2 by name",
    ];
    assert_eq!(counts(&page), expected);
    let shown = |css: &str| owner.get(&page.link(css)).texts("td.name").len();
    assert_eq!(shown("[aria-label='4 can use write:assets']"), 4);
    assert_eq!(shown("[aria-label='2 by name with write:assets']"), 2);
}

#[test]
fn a_removal_says_who_is_let_through_afterwards() {
    let app = TestApp::start();
    let removal = format!("{PATH}/write:assets/removal");
    let id = new_key(&app, &["write:assets"]);
    new_key(&app, &["*"]);
    let owner = app.owner();
    let page = owner.get(&removal);
    assert_eq!(
        page.text("main .notice"),
        "1 key has it. Remove it from them first."
    );
    assert!(page.body.contains("2 keys can use it; 1 has it by name."));
    let in_the_way = page.link("main .actions a");
    assert_eq!(owner.get(&in_the_way).texts("td.name").len(), 1);
    owner.revoke(id);
    let page = owner.get(&removal);
    assert!(
        page.body
            .contains("1 key can use it, none of them by name.")
    );
    let left = owner.get(&page.link("main p a[href*='scope=*'], main p a[href*='scope=%2A']"));
    assert_eq!(left.texts("td.name").len(), 1);
    assert_eq!(owner.post(&removal, &[]).status, 303);
}

#[test]
fn an_edit_says_how_many_keys_gain_or_lose_a_scope() {
    let app = TestApp::start();
    put(&app, "admin", &["write:assets"]);
    new_key(&app, &["admin"]);
    new_key(&app, &["admin", "read:assets"]);
    new_key(&app, &["admin", "write:assets"]);
    // Nothing changes for these.
    new_key(&app, &["*", "admin"]);
    new_key(&app, &["read:analytics"]);
    let gone = new_key(&app, &["admin"]);
    let owner = app.owner();
    owner.revoke(gone);
    let path = format!("{PATH}/admin/edit");
    let save = |includes: &[&str]| {
        let form = owner.get(&path);
        let (description, seen) = (form.value("description"), form.value("seen"));
        let mut fields = vec![("description", &*description), ("seen", &*seen)];
        fields.extend(includes.iter().map(|name| ("includes", *name)));
        let saved = owner.post(&path, &fields);
        assert_eq!(saved.status, 303, "{}", saved.body);
        owner.get(saved.location()).text(".toast")
    };
    let plain = "Changes saved. They apply from the next request.";
    let swapped = save(&["read:assets"]);
    assert_eq!(
        swapped,
        format!("{plain} 2 keys gain a scope. 2 keys lose a scope.")
    );
    assert_eq!(save(&["read:assets"]), plain);
    assert_eq!(save(&[]), format!("{plain} 2 keys lose a scope."));
}
