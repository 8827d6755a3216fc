//! What the list says of its filter by a scope, and a key's page of what its scopes bring.

use serde_json::json;

use crate::app::{Answer, TestApp};

const LIST: &str = "/projects/default/keys";

fn labels(answer: &Answer) -> Vec<String> {
    answer.texts("td.name .label")
}

/// `admin` includes `write:assets`; a key has each, one has everything, and one something else.
fn app() -> TestApp {
    let app = TestApp::start();
    let api = app.owners_program();
    let admin = json!({"description": "Everything", "includes": ["write:assets"]});
    assert_eq!(
        api.put("/projects/default/scopes/admin", &admin).status,
        201
    );
    for (name, scope) in [
        ("By name", "write:assets"),
        ("Through another", "admin"),
        ("Everything", "*"),
        ("Not at all", "read:assets"),
    ] {
        api.new_key(&json!({"name": name, "scopes": [scope]}));
    }
    app
}

#[test]
fn the_list_says_who_may_use_a_scope_and_who_carries_it() {
    let app = app();
    let owner = app.owner();
    let page = owner.get(&format!("{LIST}?scope=write:assets&sort=label"));
    assert_eq!(labels(&page), ["By name", "Everything", "Through another"]);
    let note = page.text(".meaning");
    assert!(
        note.starts_with("Keys that can use write:assets: they have it, admin or *."),
        "{note}"
    );
    assert_eq!(
        page.text("[name=scope] option[selected]"),
        "Can use write:assets"
    );
    let by_name = page.link(".meaning a");
    assert_eq!(by_name, format!("{LIST}?carries=write%3Aassets&sort=label"));
    let page = owner.get(&by_name);
    assert_eq!(labels(&page), ["By name"]);
    assert!(
        page.text(".meaning")
            .starts_with("Keys that have write:assets by name.")
    );
    assert_eq!(page.value("carries"), "write:assets");
    assert_eq!(
        page.link(".meaning a"),
        format!("{LIST}?scope=write%3Aassets&sort=label")
    );
    let every = owner.get(&format!("{LIST}?scope=*"));
    assert_eq!(every.text(".meaning"), "Keys with full access (*).");
    assert_eq!(owner.get(LIST).texts(".meaning").len(), 0);
}

#[test]
fn a_filter_by_a_scope_that_is_gone_stays_chosen() {
    let app = app();
    let page = app.owner().get(&format!("{LIST}?scope=old:scope"));
    assert_eq!(labels(&page), ["Everything"]);
    assert_eq!(
        page.text("[name=scope] option[selected]"),
        "Can use old:scope"
    );
    // What can't be a scope is no filter, and nothing says that it was one.
    let page = app.owner().get(&format!("{LIST}?scope=Old+Scope"));
    assert_eq!(labels(&page).len(), 4);
    assert_eq!(page.text("#summary"), "4 keys");
}

#[test]
fn a_keys_page_says_what_its_scopes_bring_with_them() {
    let app = app();
    let owner = app.owner();
    let facts = |id: i64| owner.get(&format!("{LIST}/{id}")).text(".facts");
    assert!(!facts(1).contains("Included"));
    assert!(facts(2).contains("Included") && facts(2).contains("write:assets"));
    assert!(facts(3).contains("every scope, also those added later"));
    let form = owner.get(&format!("{LIST}/new"));
    assert!(
        form.texts(".checks label")
            .iter()
            .any(|text| text.contains("(includes write:assets)"))
    );
}
