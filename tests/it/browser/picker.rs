//! Choosing scopes: search, what is selected in words, and what roles mean.

use super::chromium::{Chromium, in_browser};
use crate::app::TestApp;

const SENTENCE: &str = "return document.querySelector('[data-picker-sentence]').textContent";

async fn click(it: &Chromium, scope: &str) {
    it.script(&format!(
        "document.querySelector('[name=scopes][value=\"{scope}\"]').click()"
    ))
    .await;
}

#[test]
fn two_hundred_scopes_are_searched_and_said_in_a_sentence() {
    let app = TestApp::start();
    let owner = app.owner();
    app.database
        .execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
             INSERT INTO scopes (project_id, name, description, includes)
             SELECT 1, 'part' || i || ':read', 'See part ' || i, '' FROM n
             UNION ALL SELECT 1, 'part' || i || ':write', 'Change part ' || i, 'part' || i || ':read' FROM n",
        )
        .unwrap();
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/projects/default/keys/new").await;
        it.fill("#label", "Parts").await;
        it.fill("[data-picker-search]", "nothing like it").await;
        assert_eq!(it.text("[data-picker-none]").await, "Nothing found.");
        it.script("document.querySelector('[data-picker-search]').value = ''")
            .await;
        it.fill("[data-picker-search]", "part77:").await;
        let shown = "return document.querySelectorAll('.picker li:not([hidden])').length";
        assert_eq!(it.script(shown).await, 1);
        for part in 71..=77 {
            click(&it, &format!("part{part}:write")).await;
        }
        assert_eq!(it.text("[data-picker-count]").await, "7 selected");
        let live = it.script(SENTENCE).await;
        assert_eq!(
            live,
            "Can read part71, part72, part73, part74 and 3 more, and write part71, part72, part73, \
             part74 and 3 more."
        );
        it.inspect("new-200-scopes").await;

        // The server says the same, here beside a mistake.
        it.script("document.querySelector('#label').value = ' '")
            .await;
        it.script("document.querySelector('main form').noValidate = true")
            .await;
        it.press("Create key").await;
        it.find("[role=alert]").await;
        assert_eq!(it.text("[data-picker-count]").await, "7 selected");
        let path = "/projects/default/keys";
        let seven: Vec<String> = (71..=77).map(|part| format!("part{part}:write")).collect();
        let mut fields = vec![("label", ""), ("environment", "live"), ("expires", "90")];
        fields.extend(seven.iter().map(|scope| ("scopes", scope.as_str())));
        let refused = tokio::task::block_in_place(|| owner.post(path, &fields));
        assert_eq!(
            refused.text("[data-picker-sentence]"),
            live.as_str().unwrap()
        );

        it.script("document.querySelector('[data-every]').click()")
            .await;
        assert_eq!(it.text("[data-picker-count]").await, "8 selected");
        assert_eq!(
            it.script(SENTENCE).await,
            "Can do everything, and whatever is added later."
        );
        it.end().await;
    });
}

#[test]
fn what_a_role_can_do_is_shown_where_it_is_chosen() {
    let app = TestApp::start();
    in_browser(async {
        let it = Chromium::start(&app.url).await;
        it.sign_in("owner@example.com").await;
        it.open("/users/new").await;
        let chosen = "return document.querySelectorAll('[name=role]:checked').length";
        assert_eq!(it.script(chosen).await, 0);
        it.script("document.querySelector('details.roles summary').click()")
            .await;
        assert!(it.text("details.roles table").await.contains("Auditor"));
        it.inspect("invite-roles").await;
        it.end().await;
    });
}
