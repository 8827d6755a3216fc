//! The shell, the finder, the overview, and what is done with several keys, in a browser.

use thirtyfour::Key;
use thirtyfour::prelude::By;

use super::chromium::{Chromium, in_browser};
use super::kept::offline;
use crate::app::TestApp;

#[test]
fn anything_is_found_from_any_page_by_keys_alone() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("label", "Checkout")]);
    owner.create_key(&[("label", "Nightly import")]);
    app.other_project();
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/audit").await;
        let body = it.find("body").await;
        body.send_keys(Key::Control + "k").await.unwrap();
        it.wait_for("document.getElementById('finder').open").await;
        it.wait_for("document.activeElement.id === 'text'").await;
        it.paste("#text", "night").await;
        it.wait_for("document.querySelectorAll('#finder .found a').length === 1")
            .await;
        it.inspect("finder").await;
        // A pasted secret finds its key, and is in no address.
        it.paste("#text", &format!("X-API-Key: {secret} 401")).await;
        it.wait_for("document.querySelector('#finder .found .strong')?.textContent === 'Checkout'")
            .await;
        assert_eq!(
            it.script("return location.pathname + location.search")
                .await,
            "/audit"
        );
        it.find("#text").await.send_keys(Key::Enter).await.unwrap();
        it.wait_for("location.pathname === '/projects/default/keys/1'")
            .await;
        // Without a dialog it is a page.
        it.open("/find").await;
        it.inspect("find").await;
        it.end().await;
    });
}

#[test]
fn the_switcher_keeps_the_section_and_closes() {
    let app = TestApp::start();
    app.other_project();
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/usage").await;
        it.inspect("usage-empty").await;
        it.find(".switch summary").await.click().await.unwrap();
        it.find("body")
            .await
            .send_keys(Key::Escape + "")
            .await
            .unwrap();
        it.wait_for("!document.querySelector('.switch details').open")
            .await;
        it.find(".switch summary").await.click().await.unwrap();
        it.find("h1").await.click().await.unwrap();
        it.wait_for("!document.querySelector('.switch details').open")
            .await;
        it.find(".switch summary").await.click().await.unwrap();
        it.press("Other").await;
        it.wait_for("location.pathname === '/projects/other/usage'")
            .await;
        it.end().await;
    });
}

#[test]
fn three_keys_are_revoked_from_the_overview_in_six_actions() {
    let app = TestApp::start();
    let owner = app.owner();
    for number in 0..4 {
        owner.create_key(&[("label", &format!("Old {number}")), ("expires", "never")]);
    }
    app.clock.advance(time::Duration::days(100));
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/").await;
        it.inspect("overview-dormant").await;
        let dormant = it
            .driver
            .find(By::XPath("//a[span='Dormant']"))
            .await
            .unwrap();
        dormant.click().await.unwrap();
        it.wait_for("location.pathname === '/keys'").await;
        it.inspect("keys-across").await;
        for row in it
            .driver
            .find_all(By::Css("td.select input"))
            .await
            .unwrap()
            .iter()
            .take(3)
        {
            row.click().await.unwrap();
        }
        assert_eq!(it.text("[data-selected]").await, "3 selected");
        it.press("Revoke selected").await;
        it.wait_for("document.getElementById('dialog').open").await;
        it.inspect("selection").await;
        it.press("Revoke 3 keys").await;
        it.wait_for("document.querySelector('.toast')").await;
        assert!(it.text(".toast").await.starts_with("3 keys revoked."));
        assert_eq!(it.text("td.name .label").await, "Old 0");
        it.end().await;
    });
    let left = "SELECT count(*) AS number FROM keys WHERE revoked_at IS NULL";
    assert_eq!(app.database.number(left), 1);
}

#[test]
fn a_bar_of_a_chart_shows_its_figures_and_times_follow_the_browser() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[]);
    assert_eq!(owner.verify(&secret).0, 200);
    crate::app::eventually(|| {
        let page = owner.get("/projects/default/keys/1");
        page.text(".chart figcaption")
            .starts_with("1 passed")
            .then_some(())
    });
    owner.post("/account/times", &[("zone", "browser")]);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.zone("Asia/Tokyo").await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/keys/1").await;
        let last = it.find(".bars li:last-child").await;
        it.script("document.querySelector('.bars li:last-child').focus()")
            .await;
        assert!(last.text().await.unwrap().contains("1 passed"));
        it.inspect("key-passed").await;
        let shown = it.text(".facts time").await;
        assert!(shown.ends_with("UTC+09:00"), "{shown}");
        let datetime = it
            .script("return document.querySelector('.facts time').dateTime")
            .await;
        assert!(datetime.as_str().unwrap().ends_with('Z'));
        it.end().await;
    });
}

#[test]
fn a_filter_that_fails_puts_the_selection_back_and_one_search_is_one_entry_of_the_history() {
    let app = TestApp::start();
    let owner = app.owner();
    for label in ["Checkout", "Nightly import", "Night shift"] {
        owner.create_key(&[("label", label)]);
    }
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/keys").await;
        let choose = "const select = document.querySelector('[name=environment]');
            select.value = 'test';
            select.dispatchEvent(new Event('change', { bubbles: true }))";
        offline(&it, true).await;
        it.script(choose).await;
        it.wait_for("document.querySelector('main > .notice.bad')")
            .await;
        let chosen = "return document.querySelector('[name=environment]').value";
        assert_eq!(it.script(chosen).await, "");
        offline(&it, false).await;
        it.script(choose).await;
        it.wait_for("location.search === '?environment=test'").await;
        assert_eq!(it.script(chosen).await, "test");

        // One filter right after another: both count.
        it.open("/projects/default/keys").await;
        let other = "const other = document.querySelector('[name=within]');
            other.value = '30';
            other.dispatchEvent(new Event('change', { bubbles: true }));";
        it.script(&format!("{choose};{other}")).await;
        it.wait_for("location.search === '?environment=test&within=30'")
            .await;

        // What is refused is said in the dialog, and the address stays.
        it.script("document.querySelector('#filters [name=csrf]').value = 'old'")
            .await;
        it.script(
            "const select = document.querySelector('[name=environment]');
            select.value = 'live';
            select.dispatchEvent(new Event('change', { bubbles: true }))",
        )
        .await;
        it.wait_for("document.querySelector('dialog[open]')").await;
        assert_eq!(it.script(chosen).await, "test");
        assert_eq!(
            it.script("return location.pathname + location.search")
                .await,
            "/projects/default/keys?environment=test&within=30"
        );

        it.open("/projects/default/keys").await;
        let before = it.script("return history.length").await;
        for text in ["ni", "nigh", "nightly"] {
            it.paste("#q", text).await;
            it.wait_for(&format!("location.search === '?q={text}'"))
                .await;
        }
        assert_eq!(it.text("td.name .label").await, "Nightly import");
        let after = it.script("return history.length").await;
        assert_eq!(after.as_i64().unwrap(), before.as_i64().unwrap() + 1);
        it.end().await;
    });
}
