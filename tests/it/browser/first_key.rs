//! The first steps: setting up, signing in, and a key from its creation to its revocation.

use super::chromium::{Chromium, in_browser};
use crate::app::{PASSWORD, TestApp};

#[test]
fn from_an_empty_folder_to_a_revoked_key() {
    let app = TestApp::start_fresh();
    let client = app.anonymous();
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.open("/").await;
        it.inspect("setup").await;
        it.fill("#code", &app.setup_code.clone().unwrap()).await;
        it.fill("#email", "ana@example.com").await;
        it.fill("#password", PASSWORD).await;
        it.press("Create owner").await;
        it.find(".first-steps").await;
        it.inspect("overview-new").await;
        it.press("Sign out").await;
        it.find("input[name=next]").await;
        it.inspect("login").await;
        it.fill("#email", "ana@example.com").await;
        it.fill("#password", "not the right one").await;
        it.press("Sign in").await;
        it.find("[role=alert]").await;
        it.wait_for("document.activeElement.id === 'password'")
            .await;
        it.inspect("login-failed").await;
        it.fill("#password", PASSWORD).await;
        it.press("Sign in").await;
        it.find(".side").await;
        it.inspect("overview").await;

        it.open("/projects/default/keys").await;
        it.inspect("keys-empty").await;
        it.press("Create the first key").await;
        it.inspect("new").await;
        it.fill("#label", "Production backend").await;
        it.find("input[value='read:assets']")
            .await
            .click()
            .await
            .unwrap();
        it.press("Create key").await;
        it.find("[data-countdown]").await;
        it.inspect("reveal").await;
        it.press("Reveal key").await;
        let secret = it
            .find("#secret")
            .await
            .prop("value")
            .await
            .unwrap()
            .unwrap();
        assert!(secret.starts_with("mk_live_"), "{secret}");
        it.inspect("revealed").await;
        it.press("Copy").await;
        it.wait_for("document.querySelector('[data-copied]').textContent")
            .await;

        // A reload asks for the page again, and it says that the secret is gone.
        it.driver.refresh().await.unwrap();
        assert!(it.text("h1").await.contains("is gone"));
        assert!(!it.driver.source().await.unwrap().contains(&secret));
        it.inspect("reveal-gone").await;

        let verify = || tokio::task::block_in_place(|| client.verify(&secret));
        assert_eq!(verify().0, 200);

        // The dialog of the list: refused without a reason, then done, without leaving the list.
        it.open("/projects/default/keys").await;
        it.inspect("keys-one").await;
        it.find("[aria-label='Revoke Production backend']")
            .await
            .click()
            .await
            .unwrap();
        it.wait_for("document.getElementById('dialog').open").await;
        it.inspect("revocation-dialog").await;
        it.find("#reason option[value=other]")
            .await
            .click()
            .await
            .unwrap();
        it.press("Revoke key").await;
        it.find("#note-error").await;
        it.wait_for("document.activeElement.id === 'note'").await;
        it.fill("#note", "Left on a train").await;
        it.press("Revoke key").await;
        it.wait_for("!document.getElementById('dialog').open").await;
        it.wait_for("document.querySelector('#key-1 .state.revoked')")
            .await;
        it.wait_for("document.activeElement.textContent === 'Production backend'")
            .await;
        let path = it.script("return location.pathname").await;
        assert_eq!(path, "/projects/default/keys");
        assert_eq!(verify(), (401, "REVOKED".into()));

        it.open("/projects/default/keys/1").await;
        it.inspect("key-revoked").await;
        it.open("/audit").await;
        it.inspect("audit").await;
        it.press("Sign out").await;
        it.find("#password").await;
        it.end().await;
    });
}
