use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use crate::app::{Api, TestApp};

fn named(name: &str) -> Value {
    json!({ "name": name })
}

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
    assert_eq!(names(&api, "?scope=read:assets"), ["Old"]);
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
    assert_eq!(api.get("/keys?colour=red").status, 400);
    assert_eq!(api.get("/keys?project=nope").status, 404);
}

#[test]
fn whoever_has_it_already_gets_304() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, _) = api.new_key(&named("A"));
    for path in [
        format!("/keys/{id}"),
        format!("/keys/{id}/state"),
        "/keys".to_owned(),
    ] {
        let first = api.get(&path);
        let tag = first.header("etag").to_owned();
        let again = api.send(Method::GET, &path, None, &[("If-None-Match", &tag)]);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), tag);
        api.patch(
            &format!("/keys/{id}"),
            &named(&format!("After {}", path.len())),
        );
        let changed = api.send(Method::GET, &path, None, &[("If-None-Match", &tag)]);
        let expected = if path.ends_with("/state") { 304 } else { 200 };
        assert_eq!(changed.status, expected, "{path}");
    }
    let state = api.get(&format!("/keys/{id}/state"));
    assert_eq!(state.body, r#"{"data":{"state":"active"}}"#);
    let tag = state.header("etag").to_owned();
    api.delete(&format!("/keys/{id}"));
    let path = format!("/keys/{id}/state");
    let state = api.send(Method::GET, &path, None, &[("If-None-Match", &tag)]);
    assert_eq!(state.body, r#"{"data":{"state":"revoked"}}"#);
}

#[test]
fn an_edit_changes_the_named_fields_and_not_over_somebody_elses() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, secret) = api.new_key(&json!({
        "name": "A", "scopes": ["read:assets"], "rate_limit": {"requests": 5, "seconds": 60},
    }));
    let path = format!("/keys/{id}");
    let tag = api.get(&path).header("etag").to_owned();
    // Use is no edit: the tag is another, what it stands for in an edit is not.
    assert_eq!(app.anonymous().verify(&secret).0, 200);
    let edit =
        |body: Value, tag: &str| api.send(Method::PATCH, &path, Some(&body), &[("If-Match", tag)]);
    let edited = edit(json!({"name": "B", "rate_limit": null}), &tag);
    assert_eq!(edited.status, 200, "{}", edited.body);
    let data = edited.json()["data"].clone();
    assert_eq!(
        (&data["name"], &data["rate_limit"]),
        (&json!("B"), &Value::Null)
    );
    assert_eq!(data["scopes"], json!(["read:assets"]));
    let late = edit(named("C"), &tag);
    assert_eq!(
        (late.status, late.code().as_str()),
        (412, "PRECONDITION_FAILED")
    );
    assert_eq!(api.get(&path).json()["data"]["name"], "B");
    assert_eq!(edit(named("C"), edited.header("etag")).status, 200);
    assert_eq!(edit(named("D"), "*").status, 200);
    assert_eq!(edit(named("E"), "\"nonsense\"").status, 412);
}

#[test]
fn a_revocation_is_told_again_but_not_made_again() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, secret) = api.new_key(&named("A"));
    let path = format!("/keys/{id}?reason=compromised&note=In%20a%20repository");
    let revoked = api.delete(&path);
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert_eq!(revoked.json()["data"]["revoke_reason"], "compromised");
    assert_eq!(app.anonymous().verify(&secret), (401, "REVOKED".into()));
    let again = api.delete(&format!("/keys/{id}?reason=unused"));
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["data"]["revoke_reason"], "compromised");
    assert_eq!(api.patch(&format!("/keys/{id}"), &named("B")).status, 409);
    let (other, _) = api.new_key(&named("B"));
    let wrong = api.delete(&format!("/keys/{other}?reason=boredom"));
    assert_eq!(
        (wrong.status, wrong.wrong_fields()),
        (422, vec!["reason".to_owned()])
    );
    assert_eq!(api.delete("/keys/99").status, 404);
}

#[test]
fn a_rotated_key_works_on_for_the_overlap() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, old) = api.new_key(&json!({"name": "A", "scopes": ["read:assets"]}));
    let rotated = api.post(
        &format!("/keys/{id}/rotation"),
        &json!({"overlap_seconds": 3600}),
    );
    assert_eq!(rotated.status, 201, "{}", rotated.body);
    let successor = rotated.json()["data"].clone();
    assert_eq!(
        (&successor["name"], &successor["replaces"]),
        (&json!("A"), &json!(id))
    );
    assert_eq!(successor["scopes"], json!(["read:assets"]));
    let anybody = app.anonymous();
    let new = successor["key"].as_str().unwrap();
    assert_eq!((anybody.verify(&old).0, anybody.verify(new).0), (200, 200));
    let before = api.get(&format!("/keys/{id}")).json()["data"].clone();
    assert_eq!(before["replaced_by"], successor["id"]);
    app.clock.advance(Duration::minutes(61));
    assert_eq!(anybody.verify(&old), (401, "EXPIRED".into()));
    assert_eq!(anybody.verify(new).0, 200);
    let again = app
        .owners_program()
        .post(&format!("/keys/{id}/rotation"), &json!({}));
    assert_eq!(again.status, 409);
    let path = format!("/keys/{}/rotation", successor["id"]);
    let too_long = app
        .owners_program()
        .post(&path, &json!({"overlap_seconds": 7_776_001}));
    assert_eq!(too_long.wrong_fields(), ["overlap_seconds"]);
}

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
fn a_version_is_not_needed_in_the_path() {
    let app = TestApp::start();
    let api = app.owners_program();
    api.new_key(&named("A"));
    let url = format!("{}/api/keys/1", app.url);
    let answer = reqwest::blocking::Client::builder()
        .no_proxy()
        .build()
        .unwrap();
    let answer = answer.get(url).bearer_auth(&api.token).send().unwrap();
    assert_eq!(answer.status(), 200);
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
    assert_eq!(names(&api, "?scope=%00"), [""; 0]);
    // The page takes the first of them.
    let page = app.owner().get(&format!(
        "/projects/default/keys?q={}",
        many[..30].join("+")
    ));
    assert_eq!(page.status, 200);
}

/// Each names another field: both must be there in the end.
#[test]
fn two_edits_of_different_fields_both_stay() {
    let app = TestApp::start();
    let api = app.owners_program();
    for _ in 0..20 {
        let (id, _) = api.new_key(&named("Before"));
        let path = format!("/keys/{id}");
        std::thread::scope(|scope| {
            for body in [json!({"scopes": ["read:assets"]}), named("After")] {
                let (api, path) = (&api, &path);
                scope.spawn(move || assert_eq!(api.patch(path, &body).status, 200));
            }
        });
        let key = api.get(&path).json()["data"].clone();
        assert_eq!(
            (&key["name"], &key["scopes"]),
            (&json!("After"), &json!(["read:assets"]))
        );
    }
}

#[test]
fn a_successor_lives_no_longer_than_its_project_allows() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, _) = api.new_key(&json!({"name": "A", "expires_at": null}));
    assert_eq!(
        api.patch("/projects/default", &json!({"max_lifetime_days": 30}))
            .status,
        200
    );
    let rotated = api.post(&format!("/keys/{id}/rotation"), &json!({}));
    let expires = rotated.json()["data"]["expires_at"]
        .as_str()
        .unwrap()
        .to_owned();
    let latest = keyward::clock::rfc3339(app.clock.now() + Duration::days(30));
    assert!(expires <= latest, "{expires}");
}
