//! A browser with its driver, and what a test does with it.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::prelude::*;

use crate::app::PASSWORD;

/// How long to wait for the browser on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every page at these widths, in both schemes.
const WIDTHS: [u32; 5] = [1280, 1024, 980, 390, 360];

/// One browser at a time: several would wait for each other on a small machine.
static TURN: Mutex<()> = Mutex::new(());

/// A browser with its driver, ended with the test.
pub(super) struct Chromium {
    pub(super) driver: WebDriver,
    process: Child,
    _profile: tempfile::TempDir,
    url: String,
}

impl Chromium {
    pub(super) async fn start(url: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
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
        driver.set_implicit_wait_timeout(PATIENCE).await.unwrap();
        Chromium {
            driver,
            process,
            _profile: profile,
            url: url.into(),
        }
    }

    pub(super) async fn open(&self, path: &str) {
        self.driver
            .goto(format!("{}{path}", self.url))
            .await
            .unwrap();
    }

    pub(super) async fn find(&self, css: &str) -> WebElement {
        self.driver
            .find(By::Css(css))
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    pub(super) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Fills a field that the page reacts to as one types, all at once, as pasting does: a busy
    /// machine types so slowly that the page would react to half a word.
    pub(super) async fn paste(&self, css: &str, text: &str) {
        let script = "const field = document.querySelector(arguments[0]);
            field.value = arguments[1];
            field.dispatchEvent(new InputEvent('input', {bubbles: true}));";
        let arguments = vec![css.into(), text.into()];
        self.driver.execute(script, arguments).await.unwrap();
    }

    pub(super) async fn press(&self, button: &str) {
        let path =
            format!("//button[normalize-space()='{button}'] | //a[normalize-space()='{button}']");
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            for element in self.driver.find_all(By::XPath(&path)).await.unwrap() {
                // An element may leave with its page while one looks at it.
                if element.is_displayed().await.is_ok_and(|shown| shown) {
                    return element.click().await.unwrap();
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let page = self
            .script("return location.href + '\\n' + document.body.innerText")
            .await;
        panic!("there is no {button} on {page}");
    }

    pub(super) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    pub(super) async fn script(&self, script: &str) -> serde_json::Value {
        self.driver
            .execute(script, vec![])
            .await
            .unwrap()
            .json()
            .clone()
    }

    /// Waits until `script` returns something true, and the page has come to rest: nothing is asked
    /// for or swapped in that a click could fall between.
    pub(super) async fn wait_for(&self, script: &str) {
        let still = "document.readyState === 'complete' && \
                     !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')";
        let script = format!("return !!({script}) && {still}");
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.script(&script).await == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let page = self
            .script("return location.href + '\\n' + document.body.innerText")
            .await;
        panic!(
            "waited in vain for {script} on {}",
            page.as_str().unwrap_or("no page")
        );
    }

    pub(super) async fn width(&self, width: u32) {
        let metrics = serde_json::json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false
        });
        let name = "Emulation.setDeviceMetricsOverride";
        self.driver.cdp().send_raw(name, metrics).await.unwrap();
    }

    /// Moves the browser to a time zone.
    pub(super) async fn zone(&self, name: &str) {
        let zone = serde_json::json!({"timezoneId": name});
        let command = "Emulation.setTimezoneOverride";
        self.driver.cdp().send_raw(command, zone).await.unwrap();
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
    pub(super) async fn inspect(&self, name: &str) {
        for scheme in ["light", "dark"] {
            self.scheme(scheme).await;
            for width in WIDTHS {
                self.width(width).await;
                let wide = "const edge = document.documentElement.clientWidth;
                    if (document.documentElement.scrollWidth <= edge) return '';
                    const all = [...document.querySelectorAll('body *')];
                    const out = all.filter((one) => one.getBoundingClientRect().right > edge);
                    return out.map((one) => one.outerHTML.slice(0, 120)).join('\\n') || 'the page';";
                let wide = self.script(wide).await;
                assert_eq!(wide, "", "{name} scrolls sideways at {width}");
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
        // What axe-core checks by itself, and the size of targets (WCAG 2.2 AA), which it does not.
        let run = "const done = arguments[arguments.length - 1];
            const rules = {'target-size': {enabled: true}};
            axe.run({rules}).then((found) => done(found.violations.map((violation) =>
                violation.id + ': ' + violation.nodes.map((node) => node.html).join(' | '))));";
        let found = self.driver.execute_async(run, vec![]).await.unwrap();
        assert_eq!(found.json(), &serde_json::json!([]), "{name}");
    }

    pub(super) async fn sign_in(&self, email: &str) {
        self.sign_in_with(email, PASSWORD).await;
    }

    pub(super) async fn sign_in_with(&self, email: &str, password: &str) {
        self.open("/login").await;
        self.fill("#email", email).await;
        self.fill("#password", password).await;
        self.press("Sign in").await;
        self.find(".side").await;
    }

    pub(super) async fn end(self) {
        self.driver.clone().quit().await.ok();
    }
}

impl Drop for Chromium {
    /// Ends the driver, and with it the browser that a failed test leaves behind.
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        Command::new("kill")
            .args(["-9", "--", &group])
            .status()
            .ok();
        self.process.wait().ok();
    }
}

pub(super) fn in_browser<F: Future<Output = ()>>(test: F) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}
