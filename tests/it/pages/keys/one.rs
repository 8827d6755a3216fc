use crate::app::TestApp;

#[test]
fn a_keys_page_shows_its_use_and_its_history() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout")]);
    for _ in 0..3 {
        let request = owner.client.get(owner.at("/verify")).header("X-API-Key", &secret);
        assert_eq!(request.header("user-agent", "checkout/2.1").send().unwrap().status(), 200);
    }
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let page = owner.get(&format!("/projects/default/keys/{id}"));
    let facts = page.texts(".facts dd");
    for fact in ["just now", "127.0.0.1", "checkout/2.1", "3 passed"] {
        assert!(facts.iter().any(|shown| shown == fact), "{fact} in {facts:?}");
    }
    let history = page.texts(".entries li > p:first-child");
    assert_eq!(
        history,
        ["owner@example.com revealed Checkout", "owner@example.com created Checkout"]
    );
    let list = owner.get("/projects/default/keys");
    assert_eq!(list.text("td[data-th='Last used']"), "just now");
    assert!(!page.body.contains(&secret));
}

#[test]
fn a_key_that_is_not_there_is_not_found() {
    let app = TestApp::start();
    let owner = app.owner();
    for id in ["1", "0", "-1", "99999999999999999999", "abc", "1e3"] {
        assert_eq!(owner.get(&format!("/projects/default/keys/{id}")).status, 404, "{id}");
    }
    assert_eq!(owner.get("/projects/nope/keys").status, 404);
}
