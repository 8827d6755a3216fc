//! The audit log in a browser: filters, what one watches, an entry, and an export that is read again.

use std::path::Path;

use serde_json::json;

use super::chromium::{Chromium, in_browser};
use crate::app::{SECRET, TestApp};
use crate::program::command;

const ROWS: &str = "document.querySelectorAll('.log [id^=entry]').length";

/// The actor, the action and the target of the first row.
async fn first_row(it: &Chromium) -> String {
    let cells = "return [...document.querySelectorAll('.log [id^=entry]')][0].innerText";
    let text = it.script(cells).await;
    let words = text.as_str().unwrap().split_whitespace();
    words.skip(1).collect::<Vec<_>>().join(" ")
}

#[test]
fn who_revoked_a_key_and_when_is_two_actions_away() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[("label", "Checkout")]);
    for number in 0..60 {
        owner.create_key(&[("label", &format!("Other {number}"))]);
    }
    owner.revoke(id);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/").await;
        it.press("Audit log").await;
        it.wait_for(&format!("{ROWS} === 50")).await;
        it.inspect("audit-log").await;
        it.paste("#q", "checkout").await;
        it.wait_for(&format!("{ROWS} === 2")).await;
        let row = first_row(&it).await;
        assert!(
            row.starts_with("owner@example.com revoked Checkout"),
            "{row}"
        );
        // To the second on the page, and to the microsecond behind it.
        let time = it.text(".log .time").await;
        assert_eq!(time.len(), "14:03:22".len(), "{time}");
        it.find(".log .time a").await.click().await.unwrap();
        it.wait_for("document.querySelector('h1').textContent.startsWith('Entry')")
            .await;
        let exact = it.text(".facts time").await;
        assert_eq!(
            exact.len(),
            "2026-03-01 14:03:22.123456 UTC".len(),
            "{exact}"
        );
        it.inspect("audit-entry").await;
        // Back is where one was.
        it.driver.back().await.unwrap();
        it.wait_for(&format!(
            "location.search === '?q=checkout' && {ROWS} === 2"
        ))
        .await;
        it.end().await;
    });
}

#[test]
fn what_changed_on_a_day_is_three_actions_away() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "Before")]);
    app.clock.advance(time::Duration::days(1));
    let owner = app.owner();
    owner.create_key(&[("label", "On that day")]);
    let day = app.clock.now().date();
    app.clock.advance(time::Duration::days(1));
    app.owner().create_key(&[("label", "Later")]);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/").await;
        it.press("Audit log").await;
        let choose = |name: &str| {
            format!(
                "const field = document.querySelector('#filters [name={name}]');
                 field.value = '{day}'; field.dispatchEvent(new Event('change', {{bubbles: true}}));"
            )
        };
        it.script(&choose("from")).await;
        it.wait_for("location.search.includes('from=')").await;
        it.script(&choose("until")).await;
        it.wait_for(&format!(
            "location.search.includes('until=') && {ROWS} === 1"
        ))
        .await;
        assert!(first_row(&it).await.contains("On that day"));
        // The form and the tabs say what the address says, also after a reload.
        it.driver.refresh().await.unwrap();
        let value = "return document.querySelector('#filters [name=from]').value";
        assert_eq!(it.script(value).await, day.to_string());
        it.press("Any time").await;
        it.wait_for(&format!("{ROWS} > 3")).await;
        it.end().await;
    });
}

#[test]
fn an_entry_appears_by_itself_where_somebody_watches() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "First")]);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/audit?action=keys").await;
        it.wait_for(&format!("{ROWS} === 1")).await;
        it.script("document.querySelector('.log .time a').focus()")
            .await;
        let creating = owner.clone();
        std::thread::spawn(move || creating.create_key(&[("label", "Second")]))
            .join()
            .unwrap();
        it.wait_for(&format!("{ROWS} === 2")).await;
        assert!(first_row(&it).await.contains("Second"));
        // The focus stays where it was, on the older entry.
        let focus = "return document.activeElement.closest('tr')?.innerText ?? ''";
        let focus = it.script(focus).await;
        assert!(focus.as_str().unwrap().contains("First"), "{focus}");
        it.end().await;
    });
}

#[test]
fn an_export_says_how_far_it_is_and_verifies_offline() {
    let app = TestApp::start();
    let owner = app.owner();
    for number in 0..5 {
        owner.create_key(&[("label", &format!("Key {number}"))]);
    }
    let folder = tempfile::tempdir().unwrap();
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        let allow = json!({"behavior": "allow", "downloadPath": folder.path()});
        let cdp = it.driver.cdp();
        cdp.send_raw("Browser.setDownloadBehavior", allow)
            .await
            .unwrap();
        it.sign_in("owner@example.com").await;
        it.open("/audit?action=keys").await;
        it.press("Export").await;
        it.wait_for("location.pathname === '/audit/export'").await;
        it.inspect("audit-export").await;
        it.press("Export").await;
        it.wait_for("document.getElementById('progress').innerText.startsWith('Complete: 5')")
            .await;
        it.inspect("audit-exported").await;
        it.open("/audit/chain").await;
        it.inspect("audit-chain").await;
        it.end().await;
    });
    let file = downloaded(folder.path());
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 7, "{text}");
    let key = command(app.database.folder(), &["audit", "public-key"])
        .env("DATABASE_URL", &app.database.url)
        .env("KEYWARD_SECRET", SECRET)
        .output()
        .unwrap();
    let key = String::from_utf8(key.stdout).unwrap();
    let arguments = ["audit", "verify", &file, "--public-key", key.trim()];
    let verified = command(folder.path(), &arguments).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// The one file in a folder, once it is whole.
fn downloaded(folder: &Path) -> String {
    crate::app::eventually(|| {
        let files = std::fs::read_dir(folder).unwrap();
        let names = files.map(|file| file.unwrap().path().display().to_string());
        let whole = names.filter(|name| name.ends_with(".jsonl"));
        whole.into_iter().next()
    })
}
