//! Creating keys, and listing them.

use serde_json::{Value, json};
use time::Duration;

use super::named;
use crate::app::{Api, TestApp};

fn names(api: &Api, query: &str) -> Vec<String> {
    let list = api.get(&format!("/keys{query}"));
    assert_eq!(list.status, 200, "{}", list.body);
    let value = list.json()["value"].as_array().unwrap().clone();
    let names = value
        .iter()
        .map(|key| key["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn a_new_key_has_the_shape_of_the_contract_and_its_secret_once() {
    let app = TestApp::start();
    let api = app.owners_program();
    let body = json!({
        "name": "  Checkout ", "environment": "test", "scopes": ["read:assets"],
        "expires_at": "2030-01-31T01:00:00+01:00",
        "rate_limit": {"requests": 600, "seconds": 60}, "allowed_ips": ["127.0.0.1"],
    });
    let created = api.post("/keys", &body);
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.header("location"), "/api/v1/keys/1");
    let mut data = created.json()["data"].clone();
    let secret = data["key"].take();
    let secret = secret.as_str().unwrap();
    assert!(secret.starts_with("mk_test_"));
    let prefix = data["key_prefix"].as_str().unwrap();
    assert!(secret.starts_with(prefix) && prefix.len() == 14);
    let read = api.get("/keys/1").json()["data"].clone();
    let expected = json!({
        "id": 1, "name": "Checkout", "key_prefix": prefix, "project": "default",
        "environment": "test", "scopes": ["read:assets"], "is_active": true, "state": "active",
        "created_at": read["created_at"], "created_by": "owner@example.com",
        "expires_at": "2030-01-31T00:00:00Z", "last_used_at": null, "last_used_ip": null,
        "rate_limit": {"requests": 600, "seconds": 60}, "allowed_ips": ["127.0.0.1/32"],
        "consumer": null, "metadata": {}, "owner": "owner@example.com",
        "revoked_at": null, "revoked_by": null, "revoke_reason": null, "replaces": null,
        "replaced_by": null,
    });
    assert_eq!(read, expected);
    assert!(!api.get("/keys").body.contains(secret));
    assert_eq!(app.anonymous().verify(secret).0, 200);
}

#[test]
fn what_a_body_leaves_out_has_defaults() {
    let app = TestApp::start();
    let api = app.owners_program();
    let days = json!({"default_lifetime_days": 30});
    assert_eq!(api.patch("/projects/default", &days).status, 200);
    let (id, _) = api.new_key(&named("A"));
    let key = api.get(&format!("/keys/{id}")).json()["data"].clone();
    assert_eq!(
        (&key["scopes"], &key["environment"]),
        (&json!(["*"]), &json!("live"))
    );
    assert!(
        key["expires_at"].is_string(),
        "the project says how long: {key}"
    );
    let (id, _) = api.new_key(&json!({"name": "B", "expires_at": null}));
    let key = api.get(&format!("/keys/{id}")).json()["data"].clone();
    assert_eq!(key["expires_at"], Value::Null);
}

#[test]
fn without_a_project_it_is_the_tokens_else_the_default_one() {
    let app = TestApp::start();
    app.other_project();
    let api = app.owners_program();
    assert_eq!(
        api.post("/keys", &json!({"name": "A"})).json()["data"]["project"],
        "default"
    );
    let in_other = json!({"name": "B", "project": "other"});
    assert_eq!(
        api.post("/keys", &in_other).json()["data"]["project"],
        "other"
    );
    let bound = api.with_token(&["keys:read", "keys:create"], Some("other"));
    assert_eq!(
        bound.post("/keys", &json!({"name": "C"})).json()["data"]["project"],
        "other"
    );
    assert_eq!(names(&bound, "?sort=name"), ["B", "C", "Foreign"]);
    let elsewhere = json!({"name": "D", "project": "default"});
    assert_eq!(bound.post("/keys", &elsewhere).status, 404);
}

#[test]
fn a_list_is_read_page_by_page_without_gaps_while_others_create() {
    let app = TestApp::start();
    let api = app.owners_program();
    let expected: Vec<String> = (0..25).map(|number| format!("Key {number:02}")).collect();
    for name in &expected {
        api.new_key(&named(name));
    }
    for (sort, is_reversed) in [
        ("name", false),
        ("-name", true),
        ("created_at", false),
        ("", true),
    ] {
        let (mut seen, mut after, mut start) = (Vec::new(), String::new(), 0);
        loop {
            let sort = if sort.is_empty() {
                String::new()
            } else {
                format!("&sort={sort}")
            };
            let page = api
                .get(&format!("/keys?q=Key&limit=10{sort}{after}"))
                .json();
            let pagination = &page["supplemental"]["pagination"];
            let value = page["value"].as_array().unwrap();
            assert_eq!(pagination["start"], start);
            start += value.len();
            assert_eq!(pagination["end"], start);
            assert_eq!(pagination["records"], value.len());
            assert_eq!(pagination["total"], 25);
            seen.extend(
                value
                    .iter()
                    .map(|key| key["name"].as_str().unwrap().to_owned()),
            );
            api.new_key(&named("Somebody else's"));
            match pagination["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        if is_reversed {
            seen.reverse();
        }
        assert_eq!(seen, expected, "sorted by {sort:?}");
    }
    // By position.
    assert_eq!(
        names(&api, "?q=Key&sort=name&start=23"),
        ["Key 23", "Key 24"]
    );
    assert_eq!(names(&api, "?q=Key&start=99"), [""; 0]);
}

#[test]
fn a_list_is_filtered() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (old, _) = api.new_key(&json!({"name": "Old", "scopes": ["read:assets"]}));
    let between = keyward::clock::rfc3339(app.clock.now());
    app.clock.advance(Duration::minutes(1));
    api.new_key(&json!({"name": "Test", "environment": "test"}));
    let soon = keyward::clock::rfc3339(app.clock.now() + Duration::days(3));
    api.new_key(&json!({"name": "Soon over", "expires_at": soon}));
    api.delete(&format!("/keys/{old}"));
    assert_eq!(names(&api, "?state=revoked"), ["Old"]);
    assert_eq!(names(&api, "?state=expiring"), ["Soon over"]);
    assert_eq!(names(&api, "?state=active"), ["Test"]);
    assert_eq!(names(&api, "?environment=test"), ["Test"]);
    assert_eq!(names(&api, "?state=working"), ["Soon over", "Test"]);
    assert_eq!(names(&api, "?carries=read:assets"), ["Old"]);
    assert_eq!(names(&api, "?q=over"), ["Soon over"]);
    assert_eq!(
        names(&api, &format!("?created_after={between}&sort=name")),
        ["Soon over", "Test"]
    );
    assert_eq!(
        names(&api, &format!("?last_used_before={between}")),
        ["Old"]
    );
    let wrong = api.get("/keys?state=asleep&environment=prod&limit=0&sort=colour&after=x");
    assert_eq!(wrong.status, 422);
    let mut fields = wrong.wrong_fields();
    fields.sort();
    assert_eq!(fields, ["after", "environment", "limit", "sort", "state"]);
    let unread = api.get("/keys?colour=red&limit=many");
    let mut fields = unread.wrong_fields();
    fields.sort();
    assert_eq!(
        (unread.status, fields),
        (422, vec!["colour".into(), "limit".into()])
    );
    assert_eq!(api.get("/keys?project=nope").status, 404);
}

#[test]
fn a_search_is_bounded() {
    let app = TestApp::start();
    let api = app.owners_program();
    api.new_key(&named("Checkout of the EU"));
    let many = (0..5_000)
        .map(|word| format!("w{word}"))
        .collect::<Vec<_>>();
    let refused = api.get(&format!("/keys?q={}", many.join("+")));
    assert_eq!(
        (refused.status, refused.wrong_fields()),
        (422, vec!["q".to_owned()])
    );
    assert_eq!(names(&api, "?q=a%00b"), [""; 0]);
    // The page uses only the first of them.
    let page = app.owner().get(&format!(
        "/projects/default/keys?q={}",
        many[..30].join("+")
    ));
    assert_eq!(page.status, 200);
}
