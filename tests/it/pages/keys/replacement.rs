use crate::app::TestApp;

#[test]
fn a_replaced_key_fails_and_its_twin_passes() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, old) = owner.new_key(&[("label", "Checkout"), ("scopes", "write:assets")]);
    let answer = owner.post(&format!("/projects/default/keys/{id}/replacement"), &[]);
    assert_eq!(answer.status, 303);
    let new = owner.post(answer.location(), &[]).secret().unwrap();
    assert_eq!(owner.verify(&old), (401, "REVOKED".into()));
    assert_eq!(owner.verify(&new).0, 200);
    let page = owner.get(&format!("/projects/default/keys/{}", id + 1));
    assert_eq!(page.text("h1"), "Checkout");
    let facts = page.texts(".facts dd");
    assert!(facts.contains(&format!("key {id}")) && facts.contains(&"write:assets".to_owned()));
    let history = page.texts(".entries li > p:first-child");
    assert!(
        history
            .last()
            .unwrap()
            .starts_with("owner@example.com replaced Checkout")
    );
    let old = owner.get(&format!("/projects/default/keys/{id}"));
    assert!(old.texts(".facts dd").contains(&format!("key {}", id + 1)));
}

#[test]
fn a_key_that_ended_can_not_be_replaced() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    owner.revoke(id);
    let path = format!("/projects/default/keys/{id}/replacement");
    assert_eq!(owner.post(&path, &[]).status, 409);
    assert_eq!(
        app.database.number("SELECT count(*) AS number FROM keys"),
        1
    );
}
