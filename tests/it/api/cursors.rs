//! A cursor belongs to its list, filter and order.

use serde_json::json;

use crate::app::{Api, TestApp};

fn next(api: &Api, list: &str) -> String {
    let page = api.get(list);
    assert_eq!(page.status, 200, "{list}: {}", page.body);
    let next = &page.json()["supplemental"]["pagination"]["next"];
    next.as_str().expect("another page").to_owned()
}

fn status(api: &Api, list: &str, cursor: &str) -> u16 {
    let mark = if list.contains('?') { '&' } else { '?' };
    api.get(&format!("{list}{mark}after={cursor}")).status
}

#[test]
fn a_cursor_opens_only_the_list_that_it_came_from() {
    let app = TestApp::start();
    let api = app.owners_program();
    for number in 0..3 {
        api.new_key(&json!({"name": "A"}));
        api.with_token(&["keys:read"], None);
        let person = json!({"email": format!("{number}@example.com"), "role": "viewer",
            "project": "default"});
        api.post("/users", &person);
        let project = json!({"slug": format!("p{number}"), "name": "P", "key_start": "pp"});
        api.post("/projects", &project);
        api.post(&format!("/projects/p{number}/keys"), &json!({"name": "A"}));
        api.post(&format!("/projects/p{number}/keys"), &json!({"name": "A"}));
    }
    let lists = [
        "/keys?limit=1",
        "/keys?limit=1&sort=name",
        "/keys?limit=1&sort=-name",
        "/keys?limit=1&q=a",
        "/keys?limit=1&state=active",
        "/projects/p1/keys?limit=1",
        "/projects/p2/keys?limit=1",
        "/users?limit=1",
        "/tokens?limit=1",
        "/projects?limit=1",
        "/projects/default/scopes?limit=1",
        "/projects/default/grants?limit=1",
        "/audit?limit=1",
    ];
    let cursors: Vec<String> = lists.iter().map(|list| next(&api, list)).collect();
    for (own, list) in lists.iter().enumerate() {
        for (other, cursor) in cursors.iter().enumerate() {
            let expected = if own == other { 200 } else { 400 };
            assert_eq!(
                status(&api, list, cursor),
                expected,
                "{list} {}",
                lists[other]
            );
        }
        assert_eq!(status(&api, list, "0."), 400, "{list}");
        // A page may be longer than the one before.
        let longer = list.replace("limit=1", "limit=2");
        assert_eq!(status(&api, &longer, &cursors[own]), 200, "{longer}");
    }
    // With and without its name in the path, the project has one list.
    assert_eq!(
        status(&api, "/projects/default/keys?limit=1", &cursors[0]),
        200
    );
}

#[test]
fn keys_that_were_never_used_come_last_either_way() {
    let app = TestApp::start();
    let api = app.owners_program();
    let names = ["Never", "Early", "Late", "Never too"];
    let secrets: Vec<String> = names
        .map(|name| api.new_key(&json!({"name": name})).1)
        .to_vec();
    for (position, name) in [(1, "Early"), (2, "Late")] {
        app.clock.advance(time::Duration::minutes(1));
        assert_eq!(app.anonymous().verify(&secrets[position]).0, 200);
        crate::app::eventually(|| {
            let found = api.get(&format!("/keys?q={name}")).json();
            (!found["value"][0]["last_used_at"].is_null()).then_some(())
        });
    }
    for (sort, expected) in [
        ("last_used_at", ["Early", "Late", "Never", "Never too"]),
        ("-last_used_at", ["Late", "Early", "Never too", "Never"]),
    ] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        for _ in 0..expected.len() {
            let page = api.get(&format!("/keys?limit=1&sort={sort}{after}")).json();
            seen.push(page["value"][0]["name"].as_str().unwrap().to_owned());
            match page["supplemental"]["pagination"]["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{sort}");
    }
}
