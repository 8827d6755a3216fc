use keyward::domain::policy::Role;

use crate::app::{TestApp, eventually};

#[test]
fn a_keys_page_shows_its_use_and_its_history() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout")]);
    for _ in 0..3 {
        let request = owner
            .client
            .get(owner.at("/verify"))
            .header("X-API-Key", &secret);
        assert_eq!(
            request
                .header("user-agent", "checkout/2.1")
                .send()
                .unwrap()
                .status(),
            200
        );
    }
    let page = eventually(|| {
        let page = owner.get(&format!("/projects/default/keys/{id}"));
        page.body.contains("3 passed").then_some(page)
    });
    let facts = page.texts(".facts dd");
    for fact in ["just now", "127.0.0.1", "checkout/2.1", "3 passed"] {
        assert!(
            facts.iter().any(|shown| shown == fact),
            "{fact} in {facts:?}"
        );
    }
    let history = page.texts(".entries li > p:first-child");
    assert_eq!(
        history,
        [
            "owner@example.com revealed Checkout",
            "owner@example.com created Checkout"
        ]
    );
    let list = owner.get("/projects/default/keys");
    assert_eq!(list.text("td[data-th='Last used']"), "just now");
    assert!(!page.body.contains(&secret));
}

#[test]
fn the_history_is_for_those_who_may_read_the_audit_log() {
    let app = TestApp::start();
    let id = app.owner().create_key(&[]);
    let path = format!("/projects/default/keys/{id}");
    let shows_history = |page: &crate::app::Answer| page.texts("h2").iter().any(|h| h == "History");
    assert!(shows_history(&app.person(Role::Auditor).get(&path)));
    let page = app.person(Role::Viewer).get(&path);
    assert_eq!(page.status, 200);
    assert!(!shows_history(&page) && !page.body.contains("127.0.0.1"));
}

#[test]
fn a_key_that_is_not_there_is_not_found() {
    let app = TestApp::start();
    let owner = app.owner();
    for id in ["1", "0", "-1", "99999999999999999999", "abc", "1e3"] {
        assert_eq!(
            owner.get(&format!("/projects/default/keys/{id}")).status,
            404,
            "{id}"
        );
    }
    for slug in ["nope", "%00", "%0A", "%C3%A4", "default%20"] {
        let secret = format!("mk_live_{}", "a".repeat(38));
        for query in ["", &format!("?q={secret}")] {
            let answer = owner.get(&format!("/projects/{slug}/keys{query}"));
            assert_eq!(answer.status, 404, "{slug}");
        }
    }
}
