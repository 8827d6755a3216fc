//! What auditors ask, in a browser: an access review from opening to its file, the past, and the scopes
//! that are used.

use std::path::Path;

use serde_json::json;
use time::Duration;

use super::chromium::{Chromium, in_browser};
use crate::app::{TestApp, eventually};

#[test]
fn a_review_goes_from_opening_to_its_file() {
    let app = TestApp::start();
    let owner = app.owner();
    for label in ["Kept", "Narrowed", "Ended"] {
        owner.create_key(&[("label", label), ("owner", "owner@example.com")]);
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
        it.width(1280).await;
        it.open("/").await;
        it.press("Access reviews").await;
        it.inspect("reviews-none").await;
        it.press("Open a review").await;
        it.inspect("review-new").await;
        it.fill("#title", "Spring review").await;
        it.script("document.querySelector('#project').value = 'default'")
            .await;
        it.press("Open review").await;
        it.wait_for("/^.reviews.[0-9]+$/.test(location.pathname)")
            .await;
        it.inspect("review-open").await;
        it.open("/").await;
        it.inspect("overview-review").await;
        it.press("An access review asks about 3 keys of yours")
            .await;
        for (verdict, word) in [
            ("keep", ""),
            ("narrow", "Only reads"),
            ("revoke", "Not needed"),
        ] {
            it.press("Answer").await;
            it.wait_for("location.pathname.includes('/keys/')").await;
            if verdict == "keep" {
                it.inspect("review-answer").await;
            }
            let choose = format!("document.querySelector('#verdict').value = '{verdict}'");
            it.script(&choose).await;
            it.fill("#word", word).await;
            it.press("Save answer").await;
            match verdict {
                "narrow" => {
                    it.wait_for("location.pathname.endsWith('/edit')").await;
                    it.open("/reviews/1").await;
                }
                _ => it.wait_for("document.querySelector('.toast')").await,
            }
        }
        it.inspect("review-answered").await;
        it.press("Close review").await;
        it.wait_for("document.querySelector('h2')?.textContent.startsWith('Closed')")
            .await;
        it.inspect("review-closed").await;
        it.press("Download CSV").await;
        it.open("/reviews").await;
        it.inspect("reviews").await;
        it.end().await;
    });
    let file = std::fs::read_to_string(downloaded(folder.path())).unwrap();
    for answer in [",keep,,", ",narrow,Only reads,", ",revoke,Not needed,"] {
        assert!(file.contains(answer), "{file}");
    }
}

/// The one CSV file in a folder, once it is whole.
fn downloaded(folder: &Path) -> String {
    eventually(|| {
        let files = std::fs::read_dir(folder).unwrap();
        let mut names = files.map(|file| file.unwrap().path().display().to_string());
        names.find(|name| name.ends_with(".csv"))
    })
}

#[test]
fn the_past_is_chosen_by_its_day() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "Before"), ("owner", "owner@example.com")]);
    let day = app.clock.now().date();
    app.clock.advance(Duration::days(2));
    let edit = json!({"name": "After"});
    assert_eq!(app.owners_program().patch("/keys/1", &edit).status, 200);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.width(1280).await;
        it.open("/projects/default/keys").await;
        it.press("The keys as they were on a day").await;
        it.inspect("past-empty").await;
        let choose = format!("document.querySelector('[name=day]').value = '{day}'");
        it.script(&choose).await;
        it.press("Show").await;
        it.wait_for("document.querySelector('tbody .label')").await;
        assert_eq!(it.text("tbody .label").await, "Before");
        it.inspect("past").await;
        it.find("tbody .label").await.click().await.unwrap();
        it.wait_for("location.pathname.includes('/past/keys/')")
            .await;
        it.inspect("past-key").await;
        it.press("All keys then").await;
        it.press("Who had which role").await;
        it.wait_for("location.pathname.endsWith('/roles')").await;
        assert_eq!(it.text("tbody .name").await, "owner@example.com");
        it.inspect("past-roles").await;
        it.end().await;
    });
}

#[test]
fn which_scopes_of_a_key_are_unused_is_two_actions_away() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[
        ("label", "Checkout"),
        ("scopes", "read:assets"),
        ("scopes", "write:assets"),
        ("owner", "owner@example.com"),
        ("metadata", "{\"plan\": \"pro\"}"),
    ]);
    let browser = app.anonymous();
    let asking = browser.client.get(browser.at("/verify?scope=read:assets"));
    assert_eq!(
        asking.header("X-API-Key", &secret).send().unwrap().status(),
        200
    );
    eventually(|| {
        let page = owner.get("/projects/default/keys/1");
        page.text("main").contains("Never asked for").then_some(())
    });
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.width(1280).await;
        it.open("/").await;
        // From the overview: its keys, and the key.
        it.press("Keys").await;
        it.press("Checkout").await;
        it.wait_for("location.pathname.endsWith('/keys/1')").await;
        assert!(
            it.text(".facts")
                .await
                .contains("Never asked for\nwrite:assets")
        );
        it.inspect("key-scopes-used").await;
        it.press("Keep only what was used").await;
        it.wait_for("location.pathname.endsWith('/edit')").await;
        it.inspect("key-narrowing").await;
        it.press("Save changes").await;
        it.wait_for("document.querySelector('.toast')").await;
        assert!(!it.text(".facts").await.contains("write:assets"));
        it.open("/projects/default/scopes").await;
        it.inspect("scopes-used").await;
        it.open("/projects/default/usage").await;
        it.inspect("usage-findings").await;
        it.open("/keys/handover?id=1").await;
        it.inspect("handover").await;
        it.end().await;
    });
}
