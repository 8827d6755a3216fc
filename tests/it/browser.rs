//! The console in a real browser: Chromium, driven by WebDriver, with axe-core on every page.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::prelude::*;

use crate::app::{PASSWORD, TestApp};

/// Every page at these widths, in both schemes.
const WIDTHS: [u32; 5] = [1280, 1024, 980, 390, 360];

/// A browser with its driver, ended with the test.
struct Chromium {
    driver: WebDriver,
    process: Child,
    profile: tempfile::TempDir,
    url: String,
}

impl Chromium {
    async fn start(url: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed; tests/run does so");
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--no-sandbox",
            "--headless=new",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        capabilities
            .add_arg(&format!("--user-data-dir={}", profile.path().display()))
            .unwrap();
        let server = format!("http://127.0.0.1:{port}");
        let mut tries = 0;
        let driver = loop {
            match WebDriver::new(&server, capabilities.clone()).await {
                Ok(driver) => break driver,
                Err(error) if tries > 50 => panic!("no browser: {error}"),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        driver
            .set_implicit_wait_timeout(Duration::from_secs(5))
            .await
            .unwrap();
        Chromium {
            driver,
            process,
            profile,
            url: url.into(),
        }
    }

    async fn open(&self, path: &str) {
        self.driver
            .goto(format!("{}{path}", self.url))
            .await
            .unwrap();
    }

    async fn find(&self, css: &str) -> WebElement {
        self.driver
            .find(By::Css(css))
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn press(&self, button: &str) {
        let path =
            format!("//button[normalize-space()='{button}'] | //a[normalize-space()='{button}']");
        for element in self.driver.find_all(By::XPath(path)).await.unwrap() {
            if element.is_displayed().await.unwrap() {
                return element.click().await.unwrap();
            }
        }
        panic!("there is no {button}");
    }

    async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    async fn script(&self, script: &str) -> serde_json::Value {
        self.driver
            .execute(script, vec![])
            .await
            .unwrap()
            .json()
            .clone()
    }

    /// Waits until `script` gives something true.
    async fn wait_for(&self, script: &str) {
        for _ in 0..100 {
            if self.script(&format!("return !!({script})")).await == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("waited in vain for {script}");
    }

    async fn width(&self, width: u32) {
        let metrics = serde_json::json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false
        });
        let name = "Emulation.setDeviceMetricsOverride";
        self.driver.cdp().send_raw(name, metrics).await.unwrap();
    }

    async fn scheme(&self, scheme: &str) {
        let media = serde_json::json!({
            "features": [{"name": "prefers-color-scheme", "value": scheme}]
        });
        self.driver
            .cdp()
            .send_raw("Emulation.setEmulatedMedia", media)
            .await
            .unwrap();
    }

    /// Looks at the page that is open in every width and scheme: nothing scrolls sideways, and
    /// axe-core finds nothing. Keeps pictures where `KEYWARD_TEST_PICTURES` names a folder.
    async fn inspect(&self, name: &str) {
        for scheme in ["light", "dark"] {
            self.scheme(scheme).await;
            for width in WIDTHS {
                self.width(width).await;
                let root = "document.documentElement";
                let fits = format!("return {root}.scrollWidth <= {root}.clientWidth");
                assert_eq!(
                    self.script(&fits).await,
                    true,
                    "{name} scrolls sideways at {width}"
                );
                if let Ok(folder) = std::env::var("KEYWARD_TEST_PICTURES") {
                    let file = format!("{name}-{scheme}-{width}.png");
                    let path = PathBuf::from(folder).join(file);
                    self.driver.screenshot(&path).await.unwrap();
                }
            }
            self.check_accessibility(&format!("{name}, {scheme}")).await;
        }
        self.scheme("light").await;
        self.width(1280).await;
        self.check_accessibility(name).await;
    }

    async fn check_accessibility(&self, name: &str) {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/node_modules/axe-core/axe.min.js"
        );
        let axe = std::fs::read_to_string(path).expect("npm ci in tests/; tests/run does so");
        self.driver.execute(&axe, vec![]).await.unwrap();
        let run = "const done = arguments[arguments.length - 1];
            axe.run().then((found) => done(found.violations.map((violation) =>
                violation.id + ': ' + violation.nodes.map((node) => node.html).join(' | '))));";
        let found = self.driver.execute_async(run, vec![]).await.unwrap();
        assert_eq!(found.json(), &serde_json::json!([]), "{name}");
    }

    async fn sign_in(&self, email: &str) {
        self.open("/login").await;
        self.fill("#email", email).await;
        self.fill("#password", PASSWORD).await;
        self.press("Sign in").await;
        self.find(".side").await;
    }

    async fn end(mut self) {
        drop(self.driver.quit().await);
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.profile.close().unwrap();
    }
}

fn in_browser<F: Future<Output = ()>>(test: F) {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

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

/// A month of use of one key, from a dozen sources.
fn use_a_lot(app: &TestApp, key: i64) {
    let now = app.clock.now();
    // As both databases write it.
    let written = |at: keyward::clock::UtcTime| {
        keyward::clock::rfc3339(at)
            .replace('T', " ")
            .replace('Z', "")
    };
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
             '{seen}', 1234567, {refusal});"
        ));
    }
    app.database.execute(&statements).unwrap();
}

#[test]
fn people_projects_and_accounts_are_managed_in_the_browser() {
    let app = TestApp::start();
    let owner = app.owner();
    let wide = "w".repeat(90);
    owner.create_key(&[("label", &wide), ("scopes", "write:assets")]);
    in_browser(async {
        let browser = Chromium::start(&app.url).await;
        browser.sign_in("owner@example.com").await;

        // A project with a ready catalogue.
        browser.open("/projects/new").await;
        browser.inspect("project-new").await;
        browser.fill("[name=name]", "Live streaming").await;
        browser.fill("[name=slug]", "streaming").await;
        browser.fill("[name=key_start]", "st").await;
        browser
            .script("document.querySelector('[name=catalogue][value=streaming]').click()")
            .await;
        browser.press("Create project").await;
        assert!(browser.text("#summary").await.contains("Live streaming"));
        browser.open("/projects/streaming/scopes").await;
        assert!(browser.text("main table").await.contains("streams:write"));
        browser.inspect("scopes").await;
        browser
            .open("/projects/streaming/scopes/streams:write/edit")
            .await;
        browser.inspect("scope-edit").await;
        browser
            .open("/projects/default/scopes/write:assets/removal")
            .await;
        browser.inspect("scope-removal").await;
        browser.open("/projects/default/settings").await;
        browser.inspect("project-settings").await;

        // A person, from the invitation to their roles.
        browser.open("/users/new").await;
        browser.inspect("invite").await;
        browser.fill("[name=email]", "ben@example.com").await;
        browser
            .script("document.querySelector('[name=role]').value = 'support'")
            .await;
        browser.press("Invite person").await;
        browser.inspect("invited").await;
        let link = browser
            .script("return document.querySelector('input[readonly]').value")
            .await;
        let path = link
            .as_str()
            .unwrap()
            .strip_prefix(&app.url)
            .unwrap()
            .to_owned();
        browser.open("/users").await;
        assert!(browser.text("main table").await.contains("Invited"));
        browser.inspect("people").await;
        browser.open("/users/2").await;
        browser.inspect("person").await;
        browser.open("/projects/default/grants").await;
        browser.inspect("grants").await;
        browser.open("/users/2/disabling").await;
        browser.inspect("disabling").await;
        let other = Chromium::start(&app.url).await;
        other.open(&path).await;
        other.inspect("password").await;
        other.fill("[name=password]", crate::app::PASSWORD).await;
        other.press("Set password").await;
        other.sign_in("ben@example.com").await;
        other.open("/account").await;
        other.inspect("account").await;
        other.end().await;

        // A token, shown once.
        browser.open("/account/tokens/new").await;
        browser.inspect("token-new").await;
        browser.fill("[name=description]", "Nightly rotation").await;
        browser
            .script("document.querySelector('[name=permissions][value=\"keys:read\"]').click()")
            .await;
        browser.press("Create token").await;
        browser.press("Reveal token").await;
        browser.inspect("token-revealed").await;
        let token = browser
            .script("return document.querySelector('[data-secret]').value")
            .await;
        let (url, token) = (app.url.clone(), token.as_str().unwrap().to_owned());
        let calling = move || crate::app::Api::new(&url, &token).get("/keys").status;
        assert_eq!(tokio::task::spawn_blocking(calling).await.unwrap(), 200);
        browser.open("/account").await;
        browser.inspect("account-with-token").await;

        // A rotation.
        browser.open("/projects/default/keys/1/rotation").await;
        browser.inspect("rotation").await;
        browser.press("Rotate key").await;
        browser.press("Reveal key").await;
        browser.find("[data-secret]").await;
        browser.open("/projects/default/keys/1").await;
        browser.inspect("rotated").await;

        browser.open("/docs").await;
        browser
            .script("document.querySelectorAll('.operation')[1].open = true")
            .await;
        browser.inspect("docs").await;

        // The end of a project.
        browser.open("/projects/streaming/archival").await;
        browser.inspect("archival").await;
        browser.fill("[name=name]", "Live streaming").await;
        browser.press("Archive project").await;
        browser.find(".state.archived").await;
        browser.open("/projects/streaming/keys").await;
        browser.inspect("archived").await;
        browser.open("/audit").await;
        browser.inspect("audit-of-people").await;
        browser.end().await;
    });
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
        it.fill("#q", "checkout").await;
        it.wait_for("document.querySelectorAll('tbody tr').length === 1")
            .await;
        assert_eq!(it.script("return location.search").await, "?q=checkout");
        assert!(it.text("#summary").await.contains("1 of 64 keys match"));
        // The first click after a search counts.
        it.find("#sort-1").await.click().await.unwrap();
        it.wait_for("document.querySelector('th[aria-sort] a').textContent === 'Label'")
            .await;
        it.driver.back().await.unwrap();
        it.driver.back().await.unwrap();
        it.wait_for("document.querySelectorAll('tbody tr').length === 14")
            .await;
        // Somebody else was faster: the dialog says so.
        it.fill("#q", "Service 03").await;
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
                .contains("revoked already, by owner@example.com")
        );
        it.inspect("dialog-conflict").await;
        it.press("Close").await;
        it.fill("#q", "nothing-like-this").await;
        it.wait_for("document.querySelector('#results .empty')")
            .await;
        it.inspect("keys-no-match").await;
        it.open("/projects/default/keys?environment=test&sort=label")
            .await;
        assert_eq!(it.text("tbody tr:first-child .label").await, "Service 01");

        it.open("/projects/default/keys/4").await;
        it.inspect("key").await;
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
        it.find("[role=status].ok").await;
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
        it.find("section.notice.bad").await;
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
        it.open("/nothing/here").await;
        it.inspect("not-found").await;
        it.end().await;
    });
}
