use keyward::records::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;

#[test]
fn a_project_is_created_edited_and_archived() {
    let app = TestApp::start();
    let api = app.owners_program();
    let new = json!({"slug": "streaming", "name": "Streaming", "key_start": "st",
        "catalogue": "streaming", "max_lifetime_days": 30});
    let created = api.post("/projects", &new);
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.header("location"), "/api/v1/projects/streaming");
    let scopes = api.get("/projects/streaming/scopes").json()["value"].clone();
    assert_eq!(scopes[1]["name"], "streams:write");
    assert_eq!(scopes[1]["includes"], json!(["streams:read"]));
    // Nothing is fixed yet.
    let first = api.get("/projects/streaming");
    let start = json!({"key_start": "str", "environments": ["live"]});
    let path = "/projects/streaming";
    let tag = first.header("etag");
    let edited = api.send(Method::PATCH, path, Some(&start), &[("If-Match", tag)]);
    assert_eq!(
        edited.json()["data"]["environments"],
        json!(["live"]),
        "{}",
        edited.body
    );
    let stale = api.send(Method::PATCH, path, Some(&start), &[("If-Match", tag)]);
    assert_eq!(stale.status, 412);
    // Its keys follow its settings.
    let too_long = json!({"name": "A", "project": "streaming", "expires_at": null});
    assert_eq!(api.post("/keys", &too_long).wrong_fields(), ["expires_at"]);
    let soon = keyward::clock::rfc3339(app.clock.now() + time::Duration::days(9));
    let test = json!({"name": "A", "project": "streaming", "environment": "test",
        "expires_at": soon});
    assert_eq!(api.post("/keys", &test).wrong_fields(), ["environment"]);
    let good = json!({"name": "A", "project": "streaming", "expires_at": soon});
    let (id, secret) = api.new_key(&good);
    assert!(secret.starts_with("str_"));
    let fixed = api.patch(
        path,
        &json!({"key_start": "xx", "environments": ["live", "test"]}),
    );
    assert_eq!(fixed.wrong_fields(), ["key_start", "environments"]);
    assert_eq!(api.patch(path, &json!({"name": "Live video"})).status, 200);
    // Archiving it.
    let anybody = app.anonymous();
    assert_eq!(anybody.verify(&secret).0, 200);
    let archival = "/projects/streaming/archival";
    assert_eq!(
        api.post(archival, &json!({"name": "Streaming"}))
            .wrong_fields(),
        ["name"]
    );
    let archived = api.post(archival, &json!({"name": "Live video"}));
    assert_eq!(
        archived.json()["data"]["archived_by"],
        "owner@example.com",
        "{}",
        archived.body
    );
    assert_eq!(anybody.verify(&secret), (401, "REVOKED".into()));
    let key = api.get(&format!("/keys/{id}")).json()["data"].clone();
    assert_eq!(
        (&key["is_active"], &key["state"]),
        (&json!(false), &json!("revoked"))
    );
    for (method, path, body) in [
        (Method::POST, "/keys", good),
        (Method::PATCH, &*format!("/keys/{id}"), json!({"name": "B"})),
        (Method::POST, &*format!("/keys/{id}/rotation"), json!({})),
        (Method::PATCH, "/projects/streaming", json!({"name": "C"})),
        (
            Method::PUT,
            "/projects/streaming/scopes/x",
            json!({"description": "X"}),
        ),
        (
            Method::POST,
            "/projects/streaming/archival",
            json!({"name": "Live video"}),
        ),
    ] {
        let refused = api.send(method, path, Some(&body), &[]);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (409, "CONFLICT"),
            "{path}"
        );
    }
}

#[test]
fn wrong_fields_of_a_project_are_named() {
    let app = TestApp::start();
    let api = app.owners_program();
    let wrong = json!({"slug": "New project", "key_start": "kwp", "environments": []});
    assert_eq!(
        api.post("/projects", &wrong).wrong_fields(),
        ["environments"]
    );
    let wrong = json!({"slug": "New project", "key_start": "kwp", "max_lifetime_days": 0});
    let fields = api.post("/projects", &wrong).wrong_fields();
    assert_eq!(fields, ["slug", "name", "key_start", "max_lifetime_days"]);
    let taken = json!({"slug": "default", "name": "X", "key_start": "xx"});
    assert_eq!(api.post("/projects", &taken).wrong_fields(), ["slug"]);
}

#[test]
fn a_scope_is_put_and_holds_at_once() {
    let app = TestApp::start();
    let api = app.owners_program();
    let (id, secret) = api.new_key(&json!({"name": "A", "scopes": ["write:assets"]}));
    let asks_to_read = || {
        let anybody = app.anonymous();
        let url = anybody.at("/verify?scope=read:assets");
        let answer = anybody
            .client
            .get(url)
            .header("X-API-Key", &secret)
            .send()
            .unwrap();
        answer.status().as_u16()
    };
    assert_eq!(asks_to_read(), 403);
    let path = "/projects/default/scopes/write:assets";
    let including = json!({"description": "Upload", "includes": ["read:assets"]});
    let put = api.put(path, &including);
    assert_eq!(
        (put.status, &put.json()["data"]["key_count"]),
        (200, &json!(1))
    );
    assert_eq!(asks_to_read(), 200);
    let tag = put.header("etag").to_owned();
    let without = json!({"description": "Upload"});
    let put = |tag: &str| api.send(Method::PUT, path, Some(&without), &[("If-Match", tag)]);
    assert_eq!(put(&tag).status, 200);
    assert_eq!(asks_to_read(), 403);
    assert_eq!(put(&tag).status, 412);
    let new = api.put(
        "/projects/default/scopes/admin",
        &json!({"description": "All"}),
    );
    assert_eq!(new.status, 201, "{}", new.body);
    let wrong = json!({"description": "", "includes": ["nothing", "admin"]});
    let refused = api.put("/projects/default/scopes/admin", &wrong);
    assert_eq!(
        refused.wrong_fields(),
        ["description", "includes", "includes"]
    );
    let back = json!({"description": "Upload", "includes": ["admin"]});
    let includes_it = json!({"description": "All", "includes": ["write:assets"]});
    assert_eq!(
        api.put("/projects/default/scopes/admin", &includes_it)
            .status,
        200
    );
    assert_eq!(
        api.put(path, &back).wrong_fields(),
        ["includes"],
        "a circle"
    );
    let alone = json!({"description": "All"});
    assert_eq!(
        api.put("/projects/default/scopes/admin", &alone).status,
        200
    );
    let strange = api.put(
        "/projects/default/scopes/A%20b",
        &json!({"description": "X"}),
    );
    assert_eq!(strange.wrong_fields(), ["name"]);
    // In use by a key, then by another scope, then not at all.
    let in_use = api.delete(path);
    assert_eq!(in_use.status, 409);
    let detail = in_use.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("1 key has write:assets: A (mk_live_"),
        "{detail}"
    );
    api.delete(&format!("/keys/{id}"));
    let other = json!({"description": "All", "includes": ["write:assets"]});
    assert_eq!(
        api.put("/projects/default/scopes/admin", &other).status,
        200
    );
    assert!(
        api.delete(path).json()["detail"]
            .as_str()
            .unwrap()
            .contains("admin includes")
    );
    assert_eq!(api.delete("/projects/default/scopes/admin").status, 204);
    assert_eq!(api.delete(path).status, 204);
    assert_eq!(api.get(path).status, 404);
}

#[test]
fn a_catalogue_has_at_most_500_scopes_in_chains_of_eight() {
    let app = TestApp::start();
    let api = app.owners_program();
    let scope = |includes: &[&str]| json!({"description": "A scope", "includes": includes});
    for (name, included) in (1..8).map(|number| (number, number - 1)) {
        let (path, included) = (
            format!("/projects/default/scopes/s{name}"),
            format!("s{included}"),
        );
        let includes: &[&str] = if name == 1 { &[] } else { &[&included] };
        assert_eq!(api.put(&path, &scope(includes)).status, 201);
    }
    assert_eq!(
        api.put("/projects/default/scopes/s8", &scope(&["s7"]))
            .status,
        201
    );
    let longer = api.put("/projects/default/scopes/s9", &scope(&["s8"]));
    assert_eq!(
        (longer.status, longer.wrong_fields()),
        (422, vec!["includes".into()])
    );
    let below = api.put("/projects/default/scopes/s1", &scope(&["read:assets"]));
    assert_eq!(below.wrong_fields(), ["includes"]);
    // A key with the first of the chain has all of it.
    let new = api
        .post("/keys", &json!({"name": "A", "scopes": ["s8"]}))
        .json();
    let secret = new["data"]["key"].as_str().unwrap().to_owned();
    let needs_last = format!("{}/verify?scope=s1", app.url);
    let asking = app
        .anonymous()
        .client
        .get(needs_last)
        .header("X-API-Key", secret);
    assert_eq!(asking.send().unwrap().status(), 200);

    let rows = (0..489).map(|number| format!("(1, 'filler:{number}', 'A scope', '')"));
    let rows = rows.collect::<Vec<_>>().join(",");
    let filled =
        format!("INSERT INTO scopes (project_id, name, description, includes) VALUES {rows}");
    app.database.execute(&filled).unwrap();
    assert_eq!(
        api.put("/projects/default/scopes/last", &scope(&[])).status,
        422
    );
    let many: Vec<&str> = vec!["read:assets"; 501];
    assert_eq!(
        api.put("/projects/default/scopes/s9", &scope(&many))
            .wrong_fields()[0],
        "name"
    );
    let wrong = api.put("/projects/default/scopes/s8", &scope(&many));
    assert_eq!(wrong.wrong_fields(), ["includes"]);
    let wrong = api.post("/keys", &json!({"name": "A", "scopes": many}));
    assert_eq!(wrong.wrong_fields(), ["scopes"]);
}

#[test]
fn ready_scopes_are_added_once() {
    let app = TestApp::start();
    let api = app.owners_program();
    let path = "/projects/default/scopes";
    let add = |name: &str| api.post(path, &json!({ "catalogue": name }));
    let names = |answer: &Value| {
        let value = answer["value"].as_array().unwrap().clone();
        value
            .iter()
            .map(|scope| scope["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&add("media").json()).len(), 3);
    let expected = [
        "read:assets",
        "write:assets",
        "read:analytics",
        "streams:read",
        "streams:write",
        "vod:read",
        "vod:write",
    ];
    assert_eq!(names(&add("streaming").json()), expected);
    assert_eq!(add("music").wrong_fields(), ["catalogue"]);
}

#[test]
fn what_one_may_not_see_does_not_exist() {
    let app = TestApp::start();
    let foreign = app.other_project();
    let admin = app.program_of(Role::Admin);
    for path in [
        "/projects/other",
        "/projects/other/scopes",
        "/projects/other/grants",
        &*format!("/keys/{foreign}"),
        &*format!("/keys/{foreign}/usage"),
        &*format!("/keys/{foreign}/state"),
        "/keys?project=other",
    ] {
        let hidden = admin.get(path);
        let missing = admin.get(
            &path
                .replace("other", "nope")
                .replace(&foreign.to_string(), "99"),
        );
        assert_eq!((hidden.status, missing.status), (404, 404), "{path}");
        assert_eq!(hidden.json()["detail"], missing.json()["detail"], "{path}");
    }
    assert_eq!(admin.delete(&format!("/keys/{foreign}")).status, 404);
    let listed = admin.get("/projects").json()["value"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(listed, 1);
}
