//! A long list of keys, a much used key, and forms that say what is wrong.

use thirtyfour::prelude::By;

use super::chromium::{Chromium, in_browser};
use crate::app::TestApp;

/// A time as both databases write it.
fn written(at: keyward::clock::UtcTime) -> String {
    keyward::clock::rfc3339(at)
        .replace('T', " ")
        .replace('Z', "")
}

/// A month of use of one key, from a dozen sources.
fn use_a_lot(app: &TestApp, key: i64) {
    let now = app.clock.now();
    let mut statements = String::new();
    for day in 0..30_i64 {
        let hour = written(now.date().midnight() - time::Duration::days(day));
        let mut add = |outcome: &str, requests: i64| {
            statements.push_str(&format!(
                "INSERT INTO key_usage VALUES ({key}, '{hour}', '{outcome}', {requests});"
            ));
        };
        add("VALID", 9_000 + 1_700 * ((day * 7) % 11));
        match day % 9 {
            0 => add("RATE_LIMITED", 4_200),
            4 => add("IP_NOT_ALLOWED", 1),
            _ => {}
        }
    }
    for source in 0..12_i64 {
        let seen = written(now - time::Duration::hours(source * 5));
        let agent = match source % 3 {
            0 => "checkout/2.1",
            1 => {
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0"
            }
            _ => "",
        };
        let ip = format!("2001:db8:85a3:8d3:1319:8a2e:370:{:x}", 7_000 + source);
        let refusal = match source % 4 {
            0 => format!("4200, '{seen}', 'RATE_LIMITED'"),
            _ => "0, NULL, NULL".into(),
        };
        statements.push_str(&format!(
            "INSERT INTO key_sources VALUES ({key}, '{ip}', '{agent}', '2026-01-02 03:04:05', \
             '{seen}', 1234567, {refusal}, '2001:db8:85a3::/48');"
        ));
    }
    app.database.execute(&statements).unwrap();
}

#[test]
fn a_full_list_searches_filters_and_sorts_without_leaving_the_page() {
    let app = TestApp::start();
    let owner = app.owner();
    let long = "x".repeat(100);
    for label in [
        "Checkout service",
        "مفتاح الإنتاج",
        "<b>=1+1</b> & co",
        &long,
    ] {
        owner.create_key(&[("label", label), ("scopes", "*")]);
    }
    for number in 0..60 {
        let environment = if number % 2 == 0 { "live" } else { "test" };
        owner.create_key(&[
            ("label", &format!("Service {number:02}")),
            ("environment", environment),
        ]);
    }
    // As wide as rows come: long dates, several scopes, the longest state.
    app.database
        .execute(
            "UPDATE keys SET created_at = '2025-12-24 12:00:00', last_used_at = '2025-12-25 12:00:00',
             quiet_since = '2025-12-25 12:00:00', expires_at = '2028-12-24 12:00:00',
             scopes = 'read:analytics read:assets write:assets' WHERE id % 7 = 0 OR id > 60",
        )
        .unwrap();
    use_a_lot(&app, 5);
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/keys").await;
        it.inspect("keys-full").await;
        assert_eq!(
            it.driver.find_all(By::Css("tbody tr")).await.unwrap().len(),
            50
        );
        it.press("Next").await;
        it.wait_for("document.querySelectorAll('tbody tr').length === 14")
            .await;
        it.inspect("keys-full-2").await;
        it.paste("#q", "checkout").await;
        it.wait_for("document.querySelectorAll('tbody tr').length === 1")
            .await;
        assert_eq!(it.script("return location.search").await, "?q=checkout");
        assert!(it.text("#summary").await.contains("1 matching key"));
        // The first click after a search counts.
        it.find("#sort-1").await.click().await.unwrap();
        it.wait_for("document.querySelector('th[aria-sort] a').textContent === 'Label'")
            .await;
        it.driver.back().await.unwrap();
        it.wait_for("location.search === '?q=checkout'").await;
        it.driver.back().await.unwrap();
        it.wait_for("document.querySelectorAll('tbody tr').length === 14")
            .await;
        // Somebody else was faster: the dialog says so.
        it.paste("#q", "Service 03").await;
        it.wait_for("document.querySelectorAll('tbody tr').length === 1")
            .await;
        it.find("[aria-label='Revoke Service 03']")
            .await
            .click()
            .await
            .unwrap();
        it.wait_for("document.getElementById('dialog').open").await;
        tokio::task::block_in_place(|| assert_eq!(owner.revoke(8).status, 303));
        it.find("#reason option[value=unused]")
            .await
            .click()
            .await
            .unwrap();
        it.press("Revoke key").await;
        it.wait_for("document.querySelector('#dialog h2')").await;
        assert!(
            it.text("#dialog")
                .await
                .contains("already revoked by owner@example.com")
        );
        it.inspect("dialog-conflict").await;
        it.press("Close").await;
        it.paste("#q", "nothing-like-this").await;
        it.wait_for("document.querySelector('#results .empty')")
            .await;
        it.inspect("keys-no-match").await;
        it.open("/projects/default/keys?environment=test&sort=label")
            .await;
        assert_eq!(it.text("tbody tr:first-child .label").await, "Service 01");

        it.open("/projects/default/keys/4").await;
        it.inspect("key").await;
        let hour = &written(app.clock.now())[..13];
        let gap = format!("INSERT INTO usage_gaps VALUES ('{hour}:00:00', 12345, 678)");
        app.database.execute(&gap).unwrap();
        it.open("/projects/default/keys/5").await;
        it.find(".plot svg").await;
        it.inspect("key-used").await;
        it.script("document.querySelectorAll('details').forEach((d) => d.open = true)")
            .await;
        it.inspect("key-used-opened").await;
        it.open("/projects/default/settings").await;
        it.fill("#rate_limit_requests", "ten").await;
        it.press("Save changes").await;
        it.find("#rate_limit_requests-error").await;
        it.inspect("settings-wrong").await;
        it.fill("#rate_limit_requests", "600").await;
        it.fill("#rate_limit_seconds", "60").await;
        it.press("Save changes").await;
        it.find(".toast").await;
        it.inspect("settings").await;
        it.open("/projects/default/keys/4/edit").await;
        it.inspect("edit").await;
        it.press("Cancel").await;
        it.press("Revoke").await;
        it.inspect("revocation").await;
        it.find("#reason option[value=unused]")
            .await
            .click()
            .await
            .unwrap();
        it.press("Revoke key").await;
        it.find(".state.revoked").await;
        it.open("/projects/default/keys/new").await;
        it.find("summary").await.click().await.ok();
        it.script(
            "document.querySelectorAll('form details').forEach((d) => d.open = true); \
                   document.querySelector('#label').removeAttribute('required')",
        )
        .await;
        it.fill("#allowed_ips", "localhost").await;
        it.press("Create key").await;
        it.find("#label-error").await;
        it.inspect("new-wrong").await;
        app.database
            .execute(
                "INSERT INTO rollbacks VALUES (70, '2026-11-20 12:00:00', 61, 69, TRUE, '2 3 4', '', NULL, NULL)",
            )
            .unwrap();
        it.open("/").await;
        it.inspect("overview-lost").await;
        it.press("Acknowledge loss").await;
        it.wait_for("!document.querySelector('.lost')").await;
        it.open("/nothing/here").await;
        it.inspect("not-found").await;
        it.end().await;
    });
}
