//! What was typed survives a failed connection, and a session that ended.

use serde_json::json;
use time::Duration;

use super::chromium::{Chromium, in_browser};
use crate::app::{PASSWORD, TestApp};

pub(super) async fn offline(it: &Chromium, offline: bool) {
    let conditions = json!({
        "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1
    });
    let cdp = it.driver.cdp();
    cdp.send_raw("Network.enable", json!({})).await.unwrap();
    cdp.send_raw("Network.emulateNetworkConditions", conditions)
        .await
        .unwrap();
}

/// Sends the form that is open without a connection.
async fn fail(it: &Chromium, button: &str) {
    offline(it, true).await;
    it.press(button).await;
    it.wait_for("location.protocol === 'chrome-error:'").await;
    offline(it, false).await;
}

#[test]
fn a_failed_connection_loses_nothing_that_was_typed() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[("label", "Checkout")]);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/keys/new").await;
        it.fill("#label", "Typed on a train").await;
        it.script("document.querySelector('[name=scopes]').click()")
            .await;
        it.script("document.querySelector('main details').open = true")
            .await;
        it.fill("#allowed_ips", "10.0.0.0/8").await;
        fail(&it, "Create key").await;
        it.driver.back().await.unwrap();
        it.wait_for("document.querySelector('#label').value === 'Typed on a train'")
            .await;
        let field = "return document.querySelector('#allowed_ips').value";
        assert_eq!(it.script(field).await, "10.0.0.0/8");
        let checked = "return document.querySelectorAll('[name=scopes]:checked').length";
        assert_eq!(it.script(checked).await, 1);
        assert!(
            it.text("main .notice")
                .await
                .starts_with("The form was sent")
        );
        it.inspect("kept-form").await;
        it.press("Create key").await;
        it.wait_for("location.pathname.endsWith('/reveal')").await;
        // An answer came: a new form begins empty.
        it.open("/projects/default/keys/new").await;
        assert_eq!(
            it.script("return document.querySelector('#label').value")
                .await,
            ""
        );

        // An edit that was kept still meets what was saved since.
        it.open(&format!("/projects/default/keys/{id}/edit")).await;
        it.fill("#label", "Mine").await;
        let theirs = [
            ("label", "Theirs"),
            ("scopes", "*"),
            ("expires", "keep"),
            ("version", "1"),
        ];
        let path = format!("/projects/default/keys/{id}/edit");
        let saved = tokio::task::block_in_place(|| owner.post(&path, &theirs));
        assert_eq!(saved.status, 303);
        // Browsers replace a page by the answer of its own address: going back leads past the form.
        fail(&it, "Save changes").await;
        it.driver.back().await.unwrap();
        it.open("/projects/default/keys").await;
        it.open(&path).await;
        it.wait_for("document.querySelector('#label').value === 'Mine'")
            .await;
        it.press("Save changes").await;
        it.wait_for("document.querySelector('.versions')").await;
        assert_eq!(it.text(".versions td[data-th='Saved now']").await, "Theirs");
        assert_eq!(
            it.script("return document.querySelector('#label').value")
                .await,
            "Mine"
        );
        it.inspect("met-a-newer-version").await;
        it.end().await;
    });
}

#[test]
fn a_session_that_ended_is_signed_in_to_again_and_the_form_sent_on() {
    let app = TestApp::start();
    let id = app.owner().create_key(&[("label", "Checkout")]);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/keys/new").await;
        it.fill("#label", "Typed over lunch").await;
        it.script("document.querySelector('[name=scopes]').click()")
            .await;
        app.clock.advance(Duration::minutes(31));
        it.press("Create key").await;
        it.wait_for("document.querySelector('[name=kept]')").await;
        it.inspect("session-ended").await;
        sign_in_again(&it).await;
        it.inspect("send-again").await;
        it.press("Send again").await;
        it.wait_for("location.pathname.endsWith('/reveal')").await;

        // In the dialog.
        it.open("/projects/default/keys?q=Checkout").await;
        it.press("Revoke").await;
        it.wait_for("document.querySelector('#dialog[open] #note')")
            .await;
        it.fill("#note", "Seen on a wiki").await;
        it.script("document.querySelector('#reason').value = 'compromised'")
            .await;
        app.clock.advance(Duration::minutes(31));
        it.press("Revoke key").await;
        it.wait_for("document.querySelector('#dialog[open] [name=kept]')")
            .await;
        it.inspect("session-ended-in-dialog").await;
        sign_in_again(&it).await;
        it.press("Send again").await;
        it.wait_for(&format!("location.pathname.endsWith('/keys/{id}')"))
            .await;
        it.end().await;
    });
}

async fn sign_in_again(it: &Chromium) {
    it.fill("#email", "owner@example.com").await;
    it.fill("#password", PASSWORD).await;
    it.press("Sign in").await;
    it.wait_for("document.querySelector('h1').innerText === 'Send it again?'")
        .await;
}
