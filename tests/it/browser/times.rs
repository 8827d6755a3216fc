//! Times in the browser's zone.

use serde_json::json;

use super::chromium::{Chromium, in_browser};
use crate::app::TestApp;

/// Never observes summer time, and is half an hour off.
const KOLKATA: &str = "Asia/Kolkata";

/// What the page shows of the first time that `css` selects, and what it would show if it were 5.5
/// hours later in UTC.
async fn shown(it: &Chromium, css: &str, place: &str) -> (String, String) {
    let script = format!(
        "const time = document.querySelector('{css}');
         const later = new Date(Date.parse(time.getAttribute('datetime')) + 5.5 * 3600000);
         const words = later.toISOString().slice(0, 19).replace('T', ' ');
         return [time.{place}, `${{words}} UTC+05:30`]"
    );
    serde_json::from_value(it.script(&script).await).unwrap()
}

#[test]
fn whoever_chose_it_reads_times_in_the_browsers_zone_with_its_offset() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "Checkout")]);
    owner.create_key(&[("label", "Search")]);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        let zone = json!({ "timezoneId": KOLKATA });
        let cdp = it.driver.cdp();
        cdp.send_raw("Emulation.setTimezoneOverride", zone)
            .await
            .unwrap();
        it.sign_in("owner@example.com").await;
        it.open("/").await;
        assert!(it.text(".entries time").await.ends_with(" UTC"));

        it.open("/account").await;
        it.script("document.querySelector('[name=zone][value=browser]').click()")
            .await;
        it.press("Save").await;
        it.wait_for("document.body.dataset.times === 'browser'")
            .await;
        it.open("/account").await;
        it.inspect("account-in-another-zone").await;

        it.open("/").await;
        let (exact, expected) = shown(&it, ".entries time", "textContent").await;
        assert_eq!(exact, expected);
        let datetime = "return document.querySelector('.entries time').getAttribute('datetime')";
        let datetime = it.script(datetime).await;
        assert!(datetime.as_str().unwrap().ends_with('Z'), "{datetime}");
        it.inspect("overview-in-another-zone").await;

        // In a list, it is behind the words, also in rows that come later.
        it.open("/projects/default/keys").await;
        let (title, expected) = shown(&it, "td.created time", "title").await;
        assert_eq!(title, expected);
        it.script("document.querySelector('td.created time').title = 'before'")
            .await;
        it.paste("#q", "Checkout").await;
        it.wait_for("document.querySelectorAll('#results tbody tr').length === 1")
            .await;
        let (title, expected) = shown(&it, "td.created time", "title").await;
        assert_eq!(title, expected);
        let words = "return document.querySelector('td.created time').textContent";
        let words = it.script(words).await;
        assert!(!words.as_str().unwrap().contains("UTC"), "{words}");
        it.end().await;
    });
}
