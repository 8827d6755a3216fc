//! What verifications record: the last use, and counts.

use super::ask;
use crate::app::{Browser, Settings, TestApp, eventually};

#[test]
fn the_last_use_is_the_clients_address_as_far_as_it_can_be_trusted() {
    let forwarded = [("x-forwarded-for", "203.0.113.7")];
    for (proxies, expected) in [(vec![], "127.0.0.1"), (vec!["127.0.0.0/8"], "203.0.113.7")] {
        let app = TestApp::start_with(Settings {
            trusted_proxies: proxies,
            ..Settings::default()
        });
        let owner = app.owner();
        let (id, secret) = owner.new_key(&[]);
        assert_eq!(
            ask(&Browser::with_headers(&app.url, &forwarded), "", &secret).status,
            200
        );
        let shown = eventually(|| {
            let page = owner.get(&format!("/projects/default/keys/{id}"));
            let facts = page.texts(".facts dd");
            (!facts.iter().any(|fact| fact == "never")).then_some(facts)
        });
        assert!(shown.iter().any(|fact| fact == expected), "{shown:?}");
    }
}

#[test]
fn refusals_of_known_keys_are_counted_too() {
    let mut app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    owner.verify(&secret);
    owner.revoke(id);
    for _ in 0..3 {
        owner.verify(&secret);
    }
    app.stop();
    let count = |outcome: &str| {
        app.database.number(&format!(
            "SELECT requests AS number FROM key_usage WHERE key_id = {id} AND outcome = '{outcome}'"
        ))
    };
    assert_eq!(count("VALID"), 1);
    assert_eq!(count("REVOKED"), 3);
}
