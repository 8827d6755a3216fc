//! The pages of a demo, with a month of use on them: the pictures to look at.

use super::chromium::{Chromium, in_browser};
use crate::demo::Demo;

#[test]
fn a_demos_pages_are_whole_in_every_width_and_scheme() {
    let demo = Demo::start("1");
    in_browser(async {
        let it = Chromium::start(demo.url()).await;
        it.sign_in_with("ana@example.com", demo.password()).await;
        for (name, path) in [
            ("demo-overview", "/"),
            ("demo-project", "/projects/default"),
            ("demo-keys", "/projects/default/keys"),
            ("demo-attention", "/keys?state=attention"),
            ("demo-usage", "/projects/default/usage?range=7d"),
            ("demo-new", "/projects/default/keys/new"),
            ("demo-person", "/users/2"),
            ("demo-audit", "/audit"),
        ] {
            it.open(path).await;
            it.inspect(name).await;
        }
        for state in ["tried", "expiring", "dormant", "revoked"] {
            it.open(&format!("/projects/default/keys?state={state}"))
                .await;
            it.find("td.name a").await.click().await.unwrap();
            it.find(".facts").await;
            it.inspect(&format!("demo-key-{state}")).await;
        }
        it.end().await;
    });
}
