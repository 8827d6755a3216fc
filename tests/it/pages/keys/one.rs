use keyward::records::Role;

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

#[test]
fn a_revoked_key_that_still_knocks_is_seen_with_its_sources() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    let knock = |agent: &str, times: usize| {
        for _ in 0..times {
            let request = owner.client.get(owner.at("/verify"));
            let request = request.header("X-API-Key", &secret);
            request.header("user-agent", agent).send().unwrap();
        }
    };
    knock("checkout/2.1", 3);
    owner.revoke(id);
    knock("checkout/2.1", 1);
    knock("<script>alert(1)</script>", 2);
    let page = eventually(|| {
        let page = owner.get(&format!("/projects/default/keys/{id}"));
        let caption = page.text(".chart figcaption");
        caption.contains("3 passed, 3 refused").then_some(page)
    });
    // The last of thirty bars is today's.
    assert_eq!(page.texts(".plot g").len(), 30);
    let rows = page.texts(".chart tbody tr");
    assert!(rows.last().unwrap().ends_with("33"), "{rows:?}");
    let refusals = page.texts("section .entries .detail");
    assert!(
        refusals.contains(&"2 refused from there".into()),
        "{refusals:?}"
    );
    let sources = page.texts(".sources tbody tr");
    assert_eq!(sources.len(), 2, "{sources:?}");
    let of_checkout = sources
        .iter()
        .find(|source| source.contains("checkout/2.1"))
        .unwrap();
    assert!(
        of_checkout.starts_with("127.0.0.1") && of_checkout.ends_with("31"),
        "{of_checkout}"
    );
    assert!(!page.body.contains("<script>alert"));
}

#[test]
fn the_latest_hundred_sources_are_kept() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    for turn in 0..130 {
        let request = owner.client.get(owner.at("/verify"));
        let request = request.header("X-API-Key", &secret);
        request
            .header("user-agent", format!("job-{turn}"))
            .send()
            .unwrap();
    }
    let kept = format!("SELECT count(*) AS number FROM key_sources WHERE key_id = {id}");
    // They are pruned every ten seconds.
    eventually(|| (app.database.number(&kept) == 100).then_some(()));
    let page = owner.get(&format!("/projects/default/keys/{id}"));
    assert_eq!(page.texts(".sources tbody tr").len(), 100);
    assert!(page.body.contains("job-129") && !page.body.contains("job-3<"));
    assert_eq!(page.text(".sources summary"), "92 older sources");
}
