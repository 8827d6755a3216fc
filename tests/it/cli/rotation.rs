//! `keyward keys rotate`.

use super::{json_lines, run_on, told};
use crate::app::TestApp;

#[test]
fn a_rotation_prints_the_new_secret_alone_and_the_old_key_works_on() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, old) = owner.new_key(&[("label", "Checkout")]);
    let rotated = run_on(
        &app,
        &["keys", "rotate", &id.to_string(), "--overlap", "1h"],
    );
    assert!(rotated.status.success());
    let printed = String::from_utf8(rotated.stdout).unwrap();
    let new = printed.strip_suffix('\n').unwrap();
    assert!(new.starts_with("mk_live_") && new != old);
    assert!(new.bytes().all(|byte| byte.is_ascii_graphic()));
    let beside = String::from_utf8(rotated.stderr).unwrap();
    assert!(!beside.contains(new));
    assert!(
        beside.contains(&format!("Key {id} works until")),
        "{beside}"
    );
    assert_eq!(owner.verify(&old).0, 200);
    assert_eq!(owner.verify(new).0, 200);
    let listed = json_lines(&run_on(&app, &["keys", "list", "--json"]));
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|key| key["name"] == "Checkout"));
    let first = listed.iter().find(|key| key["id"] == id).unwrap();
    let second = listed.iter().find(|key| key["replaces"] == id).unwrap();
    assert_eq!(first["replaced_by"], second["id"]);
    assert_eq!(first["state"], "expiring");
}

#[test]
fn without_an_overlap_the_old_key_ends_at_once() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, old) = owner.new_key(&[]);
    let rotate = |overlap: &str| {
        let id = id.to_string();
        let arguments = ["keys", "rotate", &id, "--overlap", overlap, "--json"];
        run_on(&app, &arguments)
    };
    let (code, text) = told(&rotate("91d"));
    assert_eq!(code, 1);
    assert!(text.contains("at most 90 days"), "{text}");
    let keys = json_lines(&rotate("0"));
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0]["replaces"], id);
    assert_eq!(owner.verify(&old), (401, "EXPIRED".into()));
    assert_eq!(owner.verify(keys[0]["key"].as_str().unwrap()).0, 200);
    assert_eq!(told(&rotate("0")).0, 1);
    assert_eq!(
        told(&run_on(&app, &["keys", "rotate", "999"])),
        (1, "There is no key 999.\n".into())
    );
}
