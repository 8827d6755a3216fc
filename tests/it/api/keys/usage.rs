//! How much a key is used, and from where.

use serde_json::json;

use crate::app::TestApp;

#[test]
fn usage_is_told() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, secret) = api.new_key(&json!({"name": "A", "scopes": ["read:assets"]}));
    let anybody = app.anonymous();
    anybody.verify(&secret);
    anybody
        .client
        .get(anybody.at("/verify?scope=write:assets"))
        .header("X-API-Key", &secret)
        .send()
        .unwrap();
    let usage = crate::app::eventually(|| {
        let usage = api.get(&format!("/keys/{id}/usage")).json()["data"].clone();
        (usage["passed_last_day"] == 1).then_some(usage)
    });
    let today = usage["days"][29].clone();
    assert_eq!(
        (&today["passed"], &today["refused"]),
        (&json!(1), &json!(1))
    );
    let source = &usage["sources"][0];
    assert_eq!(
        (&source["ip"], &source["refusal"]),
        (&json!("127.0.0.1"), &json!("INSUFFICIENT_SCOPE"))
    );
}
