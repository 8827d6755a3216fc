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
        // The key is read before its counts, and may have been written between the two.
        let is_written =
            page.body.contains("3 passed") && page.text(".standing").contains("used just");
        is_written.then_some(page)
    });
    let facts = page.texts(".facts dd");
    let used = " UTC (just now) from 127.0.0.1 by checkout/2.1";
    assert!(facts.iter().any(|fact| fact.ends_with(used)), "{facts:?}");
    let standing = page.text(".standing");
    let used = "Last used just now from 127.0.0.1. Expires ";
    assert!(standing.starts_with(used), "{standing}");
    let history = page.texts(".entries li > p:first-child");
    assert_eq!(
        history,
        [
            "owner@example.com revealed Checkout",
            "owner@example.com created Checkout"
        ]
    );
    let list = owner.get("/projects/default/keys");
    assert_eq!(list.text("td.used"), "just now");
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
    let bars = page.texts(".bars li");
    assert_eq!(bars.len(), 30);
    let today = bars.last().unwrap();
    assert!(
        today.contains("3 passed") && today.contains("Revoked 3"),
        "{today}"
    );
    let rows = page.texts(".chart tbody tr");
    assert!(rows.last().unwrap().ends_with("33"), "{rows:?}");
    let standing = page.text(".standing");
    let tried = "3 requests refused since, from 1 address, last just now.";
    assert!(standing.starts_with("Revoked just now by owner@example.com"));
    assert!(standing.ends_with(tried), "{standing}");
    // One address is one row, with its user agents folded in.
    let callers = page.texts(".callers > tbody > tr");
    assert_eq!(callers.len(), 1, "{callers:?}");
    assert!(
        callers[0].starts_with("127.0.0.1 3 3 Revoked"),
        "{callers:?}"
    );
    let agents = page.texts(".callers li");
    assert!(
        agents
            .iter()
            .any(|agent| agent.contains("checkout/2.1 3 passed, 1 refused")),
        "{agents:?}"
    );
    let list = owner.get("/projects/default/keys?state=tried");
    assert_eq!(list.texts("td.used"), ["just now"]);
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
    assert_eq!(page.texts(".callers > tbody > tr").len(), 1);
    assert_eq!(page.texts(".callers li").len(), 100);
    assert!(page.body.contains("job-129") && !page.body.contains("job-3<"));
    assert_eq!(page.text(".callers summary"), "100 user agents");
}
