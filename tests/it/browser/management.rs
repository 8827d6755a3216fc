//! Projects, people, roles, tokens and rotations.

use super::chromium::{Chromium, in_browser};
use crate::app::TestApp;

#[test]
fn people_projects_and_accounts_are_managed_in_the_browser() {
    let app = TestApp::start();
    let owner = app.owner();
    let wide = "w".repeat(90);
    owner.create_key(&[("label", &wide), ("scopes", "write:assets")]);
    in_browser(async {
        let browser = Chromium::start(&app.url).await;
        browser.sign_in("owner@example.com").await;

        // A project with a scope template.
        browser.open("/projects/new").await;
        browser.inspect("project-new").await;
        browser.fill("[name=name]", "Live streaming").await;
        browser.fill("[name=slug]", "streaming").await;
        browser.fill("[name=key_start]", "st").await;
        browser
            .script("document.querySelector('[name=catalogue][value=streaming]').click()")
            .await;
        browser.press("Create project").await;
        browser
            .wait_for("location.pathname === '/projects/streaming/keys'")
            .await;
        assert!(browser.text(".switch > a").await.contains("Live streaming"));
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
        browser
            .script("document.querySelector('[name=project]').value = 'default'")
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
