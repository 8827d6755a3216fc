//! `keyward keys list` and `keyward keys revoke`.

use super::told;
use crate::app::TestApp;
use crate::program::command;

#[test]
fn keys_are_listed_and_revoked_beside_a_running_instance() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout")]);
    let url = app.database.url.clone();
    let keys = |arguments: &[&str]| {
        let mut command = command(app.database.folder(), &[&["keys"], arguments].concat());
        told(&command.env("DATABASE_URL", &url).output().unwrap())
    };
    let (code, listed) = keys(&["list"]);
    assert_eq!(code, 0);
    assert!(
        listed.contains("Checkout") && listed.contains("active"),
        "{listed}"
    );
    assert!(!listed.contains(&secret));
    let id = id.to_string();
    let (code, revoked) = keys(&["revoke", &id, "--reason", "compromised"]);
    assert_eq!(code, 0, "{revoked}");
    assert!(revoked.starts_with("Revoked Checkout (mk_live_"));
    assert_eq!(owner.verify(&secret), (401, "REVOKED".into()));
    let (_, json) = keys(&[
        "list",
        "--state",
        "revoked",
        "--json",
        "--project",
        "default",
    ]);
    let key: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(key["name"], "Checkout");
    assert_eq!(key["revoked_by"], "command line");
    assert_eq!(key["revoke_reason"], "compromised");
    assert_eq!(key["state"], "revoked");
    assert_eq!(key["is_active"], false);
    assert!(key.get("key").is_none());
    assert_eq!(keys(&["revoke", &id]).0, 1);
    assert_eq!(
        keys(&["revoke", "999"]),
        (1, "There is no key 999.\n".into())
    );
    assert_eq!(keys(&["list", "--project", "nope"]).0, 1);
    assert_eq!(keys(&["list", "--state", "active"]), (0, String::new()));
    owner.create_key(&[("label", "Everything"), ("scopes", "*")]);
    let (_, able) = keys(&["list", "--scope", "write:assets", "--state", "working"]);
    assert!(
        able.contains("Everything") && able.lines().count() == 1,
        "{able}"
    );
    assert_eq!(keys(&["list", "--scope", "Write Assets"]).0, 2);
}
