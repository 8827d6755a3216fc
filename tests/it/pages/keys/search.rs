//! The search goes out in a body, and the address it leads to has no secret.

use sha2::{Digest, Sha256};

use crate::app::{Answer, Browser, TestApp};
use crate::program::command;

const SEARCH: &str = "/projects/default/keys/search";

fn search(browser: &Browser, q: &str) -> Answer {
    let answer = browser.post(SEARCH, &[("q", q)]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer
}

fn labels(browser: &Browser, answer: &Answer) -> Vec<String> {
    let page = browser.get(answer.location());
    assert_eq!(page.status, 200);
    page.texts("td.name .label")
}

#[test]
fn a_search_leads_to_its_own_address() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "Checkout")]);
    owner.create_key(&[("label", "Checkout test"), ("environment", "test")]);
    let fields = [
        ("q", " checkout "),
        ("state", "active"),
        ("environment", "test"),
        ("scope", "read:assets"),
        ("carries", "read:assets"),
        ("sort", "-label"),
    ];
    let answer = owner.post(SEARCH, &fields);
    assert_eq!(
        answer.location(),
        "/projects/default/keys?q=checkout&state=active&environment=test\
         &scope=read%3Aassets&carries=read%3Aassets&sort=-label"
    );
    assert_eq!(labels(&owner, &answer), ["Checkout test"]);
    // Nothing that means nothing reaches the address.
    let fields = [
        ("q", ""),
        ("state", "asleep"),
        ("scope", "Read"),
        ("sort", "colour"),
        ("after", "x"),
    ];
    assert_eq!(
        owner.post(SEARCH, &fields).location(),
        "/projects/default/keys"
    );
    let form = owner.get("/projects/default/keys");
    assert_eq!(
        form.texts(&format!(
            "form#filters[method=post][action='{SEARCH}'][hx-post='{SEARCH}']"
        ))
        .len(),
        1
    );
    assert_eq!(form.texts("form#filters [name=csrf]").len(), 1);
    assert_eq!(owner.post_raw(SEARCH, &[("q", "x")]).status, 403);
}

#[test]
fn a_pasted_secret_finds_its_key_and_reaches_no_address() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("label", "Checkout")]);
    owner.create_key(&[("label", "Billing")]);
    let prefix = &secret[..14];
    for text in [
        secret.clone(),
        format!("  {secret}\r\n"),
        format!("\"{secret}\","),
        format!("Bearer {secret}"),
        format!("X-API-Key: {secret}"),
        format!("checkout {secret}"),
        format!("{{\"key\":\"{secret}\"}}"),
        format!("{} curl -H 'X-API-Key: {secret}'", "x ".repeat(200)),
        secret[..20].to_owned(),
        secret[..15].to_owned(),
    ] {
        let answer = search(&owner, &text);
        assert_eq!(
            answer.location(),
            format!("/projects/default/keys?q={prefix}"),
            "{text}"
        );
        assert_eq!(labels(&owner, &answer), ["Checkout"], "{text}");
    }
    // An address that somebody kept is cleaned as well.
    let kept = owner.get(&format!("/projects/default/keys?state=active&q={secret}"));
    assert_eq!(kept.status, 303);
    assert_eq!(
        kept.location(),
        format!("/projects/default/keys?q={prefix}&state=active")
    );
    let signed_out = app
        .anonymous()
        .get(&format!("/projects/default/keys?q={secret}"));
    assert_eq!(
        signed_out.location(),
        "/login?next=%2Fprojects%2Fdefault%2Fkeys"
    );
}

#[test]
fn other_peoples_secrets_reach_no_address_either() {
    let app = TestApp::start();
    let owner = app.owner();
    for (secret, instead) in [
        (format!("kwp_{}", "a1B2c3D4".repeat(5)), "kwp_a1B2c3"),
        (
            format!("hkr_test_{}", "a1B2c3D4".repeat(5)),
            "hkr_test_a1B2c3",
        ),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
                .into(),
            "eyJhbGci",
        ),
        (
            format!("http://localhost/password#{}", "0a9f".repeat(16)),
            "0a9f0a9f",
        ),
        ("550e8400-e29b-41d4-a716-446655440000".into(), "550e8400"),
    ] {
        let answer = search(&owner, &secret);
        assert_eq!(
            answer.location(),
            format!("/projects/default/keys?q={instead}")
        );
    }
    // What keys are called is no secret, however random.
    let label = "customer-550e8400-e29b-41d4-a716-446655440000";
    owner.create_key(&[("label", label)]);
    let answer = search(&owner, label);
    assert_eq!(
        answer.location(),
        format!("/projects/default/keys?q={label}")
    );
    assert_eq!(labels(&owner, &answer), [label]);
}

#[test]
fn an_imported_secret_of_any_shape_is_known_by_its_digest() {
    let app = TestApp::start();
    let secret = "correct-horse";
    let digest = Sha256::digest(secret)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let line = format!(r#"{{"sha256": "{digest}", "prefix": "corr", "name": "Old"}}"#);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.jsonl");
    std::fs::write(&file, line).unwrap();
    let mut importing = command(
        app.database.folder(),
        &[
            "keys",
            "import",
            file.to_str().unwrap(),
            "--project",
            "default",
        ],
    );
    let done = importing
        .env("DATABASE_URL", &app.database.url)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let owner = app.owner();
    for text in [
        secret.to_owned(),
        format!("key='{secret}'"),
        format!("Bearer {secret}"),
    ] {
        let answer = search(&owner, &text);
        assert_eq!(answer.location(), "/projects/default/keys?q=corr", "{text}");
        assert_eq!(labels(&owner, &answer), ["Old"]);
    }
    assert_eq!(
        search(&owner, "correct-pony").location(),
        "/projects/default/keys?q=correct-pony"
    );
}

#[test]
fn a_program_that_puts_a_secret_into_an_address_is_refused() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (_, secret) = api.new_key(&serde_json::json!({"name": "Checkout"}));
    for q in [
        secret.clone(),
        format!("Bearer+{secret}"),
        format!("kwp_{}", "a1B2c3D4".repeat(5)),
    ] {
        let refused = api.get(&format!("/keys?q={q}"));
        assert_eq!(
            (refused.status, refused.wrong_fields()),
            (422, vec!["q".to_owned()]),
            "{q}"
        );
        assert!(
            !refused.body.contains(&q[q.len() - 20..]),
            "{}",
            refused.body
        );
    }
    // Random names are searched for as they are.
    let none = api.get("/keys?q=customer-550e8400-e29b-41d4-a716-446655440000");
    assert_eq!(none.json()["value"], serde_json::json!([]));
    let found = api.get(&format!("/keys?q={}", &secret[..14]));
    assert_eq!(found.json()["value"][0]["name"], "Checkout");
}
