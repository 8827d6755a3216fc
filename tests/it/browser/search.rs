//! A search with a secret in it, with htmx and without, and what the pages say of scopes.

use serde_json::json;

use super::chromium::{Chromium, in_browser};
use crate::app::TestApp;

/// Whether any address that the page asked for has this text in it.
async fn has_asked_for(it: &Chromium, text: &str) -> bool {
    let script = format!(
        "return [location.href, document.referrer,
           ...performance.getEntries().map((entry) => entry.name)]
           .some((address) => address.includes('{text}'))"
    );
    it.script(&script).await == true
}

#[test]
fn a_secret_in_the_search_reaches_no_address() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("label", "Checkout")]);
    for number in 0..5 {
        owner.create_key(&[("label", &format!("Service {number}"))]);
    }
    let (prefix, rest) = (&secret[..14], &secret[14..]);
    let cleaned = format!("?q={prefix}");
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/keys").await;
        it.paste("#q", &format!("Bearer {secret}")).await;
        it.wait_for("document.querySelectorAll('tbody tr').length === 1")
            .await;
        assert_eq!(it.script("return location.search").await, *cleaned);
        it.wait_for(&format!(
            "document.getElementById('q').value === '{prefix}'"
        ))
        .await;
        assert!(!has_asked_for(&it, rest).await);
        it.script(
            "document.getElementById('q').dispatchEvent(new Event('change', { bubbles: true }))",
        )
        .await;
        // What is typed on meanwhile stays.
        it.paste("#q", "service ").await;
        it.wait_for("document.querySelectorAll('tbody tr').length === 5")
            .await;
        assert_eq!(it.script("return location.search").await, "?q=service");
        assert_eq!(
            it.script("return document.getElementById('q').value").await,
            "service "
        );
        it.driver.back().await.unwrap();
        it.wait_for(&format!(
            "location.search === '{cleaned}' && document.querySelectorAll('tbody tr').length === 1"
        ))
        .await;
        it.driver.refresh().await.unwrap();
        it.wait_for("document.querySelectorAll('tbody tr').length === 1")
            .await;
        // The order stays, and the filters join it in the address.
        it.open("/projects/default/keys?sort=label").await;
        it.paste("#q", "service").await;
        it.wait_for("document.querySelectorAll('tbody tr').length === 5")
            .await;
        assert_eq!(
            it.script("return location.search").await,
            "?q=service&sort=label"
        );
        // Without htmx: a form that the browser sends itself.
        it.open("/projects/default/keys").await;
        let send = format!(
            "document.getElementById('q').value = '{secret}';
             document.getElementById('filters').submit()"
        );
        it.script(&send).await;
        it.wait_for(&format!(
            "location.search === '{cleaned}' && document.querySelectorAll('tbody tr').length === 1"
        ))
        .await;
        assert!(!has_asked_for(&it, rest).await);
        it.end().await;
    });
}

#[test]
fn pages_say_who_may_use_a_scope() {
    let app = TestApp::start();
    let api = app.owners_program();
    let admin = json!({"description": "Everything about assets", "includes": ["write:assets"]});
    api.put("/projects/default/scopes/admin:assets", &admin);
    for scopes in [["write:assets"], ["admin:assets"], ["*"], ["read:assets"]] {
        api.new_key(&json!({"name": format!("With {}", scopes[0]), "scopes": scopes}));
    }
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/scopes").await;
        it.inspect("scopes-used").await;
        it.find("[aria-label='3 can use write:assets']")
            .await
            .click()
            .await
            .unwrap();
        it.wait_for("document.querySelectorAll('tbody tr').length === 3")
            .await;
        it.inspect("keys-by-scope").await;
        it.press("Only keys that have it by name").await;
        it.wait_for("document.querySelectorAll('tbody tr').length === 1")
            .await;
        it.inspect("keys-by-name").await;
        it.open("/projects/default/scopes/write:assets/removal")
            .await;
        it.inspect("scope-removal-used").await;
        it.open("/projects/default/keys/2").await;
        it.inspect("key-with-inclusions").await;
        it.open("/projects/default/keys/new").await;
        it.inspect("new-with-inclusions").await;
        it.end().await;
    });
}
