//! Filters and counts mean what verifications mean.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::{Api, TestApp};

/// Scopes with what each includes: a chain, a fork, and one alone.
const CATALOGUE: [(&str, &[&str]); 6] = [
    ("c:read", &[]),
    ("c:write", &["c:read"]),
    ("c:admin", &["c:write"]),
    ("d:read", &[]),
    ("c:all", &["c:admin", "d:read"]),
    ("e:alone", &[]),
];

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// The ids of the keys in every page of a list.
fn listed(api: &Api, query: &str) -> BTreeSet<i64> {
    let (mut ids, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = api.get(&format!("/keys?limit=7&{query}{after}"));
        assert_eq!(page.status, 200, "{query}: {}", page.body);
        let page = page.json();
        let value = page["value"].as_array().unwrap();
        ids.extend(value.iter().map(|key| key["id"].as_i64().unwrap()));
        let pagination = &page["supplemental"]["pagination"];
        match pagination["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => {
                assert_eq!(pagination["total"], ids.len(), "{query}");
                return ids;
            }
        }
    }
}

/// The ids on the list's page.
fn shown(app: &TestApp, query: &str) -> BTreeSet<i64> {
    let page = app.owner().get(&format!("/projects/default/keys?{query}"));
    let page = scraper::Html::parse_document(&page.body);
    let rows = scraper::Selector::parse("tbody tr").unwrap();
    let ids = page.select(&rows).map(|row| row.value().id().unwrap());
    ids.map(|id| id["key-".len()..].parse().unwrap()).collect()
}

fn verdict(api: &Api, secret: &str, scope: &str) -> String {
    let body = json!({"key": secret, "scopes": [scope]});
    let answer = api.post("/keys/verify", &body).json();
    answer["data"]["code"].as_str().unwrap().to_owned()
}

#[test]
fn a_filter_by_a_scope_finds_the_keys_that_verify_lets_through() {
    let app = TestApp::start();
    let api = app.owners_program();
    for (name, includes) in CATALOGUE {
        let scope = json!({"description": "A scope", "includes": includes});
        let path = format!("/projects/default/scopes/{name}");
        assert_eq!(api.put(&path, &scope).status, 201);
    }
    let mut numbers = Numbers(7);
    let mut choices: Vec<&str> = CATALOGUE.iter().map(|(name, _)| *name).collect();
    choices.push("*");
    let mut keys = Vec::new();
    for number in 0..30 {
        let mut scopes: Vec<&str> = Vec::new();
        for _ in 0..=numbers.below(3) {
            scopes.push(choices[numbers.below(choices.len())]);
        }
        let soon = keyward::clock::rfc3339(app.clock.now() + time::Duration::days(3));
        let expires = if numbers.below(4) == 0 {
            json!(soon)
        } else {
            Value::Null
        };
        let name = format!("Key {number}");
        keys.push(api.new_key(&json!({"name": name, "scopes": scopes, "expires_at": expires})));
    }
    // One that never was in this catalogue, and one that no longer is.
    app.database
        .execute(
            "DELETE FROM scopes WHERE name = 'e:alone';
             UPDATE keys SET scopes = 'old:scope' WHERE id = 3;
             DELETE FROM key_terms WHERE key_id = 3 AND term LIKE ' %';
             INSERT INTO key_terms VALUES (1, ' old:scope', 3)",
        )
        .unwrap();
    let edited = json!({"description": "A scope", "includes": ["c:admin"]});
    assert_eq!(
        api.put("/projects/default/scopes/c:all", &edited).status,
        200
    );
    api.delete("/keys/5");
    app.clock.advance(time::Duration::days(4));
    let api = app.owners_program();

    let asked = [
        "c:read",
        "c:write",
        "c:admin",
        "d:read",
        "c:all",
        "e:alone",
        "old:scope",
        "never:was",
        "*",
    ];
    for scope in asked {
        let with = |codes: &[&str]| -> BTreeSet<i64> {
            keys.iter()
                .filter(|(_, secret)| codes.contains(&&*verdict(&api, secret, scope)))
                .map(|(id, _)| *id)
                .collect()
        };
        let through = with(&["VALID"]);
        let working = format!("scope={scope}&state=working");
        assert_eq!(listed(&api, &working), through, "{scope}");
        assert_eq!(shown(&app, &working), through, "{scope}");
        let any_state = listed(&api, &format!("scope={scope}"));
        let lacking = with(&["INSUFFICIENT_SCOPE"]);
        assert!(
            any_state.is_superset(&through) && any_state.is_disjoint(&lacking),
            "{scope}"
        );
        let counted = api.get(&format!("/projects/default/scopes/{scope}"));
        if counted.status == 200 {
            let counted = counted.json()["data"].clone();
            assert_eq!(counted["key_count"], through.len(), "{scope}");
            let carrying = listed(&api, &format!("carries={scope}&state=working"));
            assert_eq!(counted["carrying_count"], carrying.len(), "{scope}");
            assert!(carrying.is_subset(&through), "{scope}");
        }
    }
    assert_eq!(listed(&api, "scope=never:was"), listed(&api, "carries=*"));
}

#[test]
fn what_verify_can_not_be_asked_for_is_no_filter() {
    let app = TestApp::start();
    let api = app.owners_program();
    for text in ["", "Read", "read%20assets", "%00"] {
        for field in ["scope", "carries"] {
            let refused = api.get(&format!("/keys?{field}={text}"));
            assert_eq!(
                (refused.status, refused.wrong_fields()),
                (422, vec![field.to_owned()])
            );
        }
    }
}

#[test]
fn in_an_archived_project_every_key_is_revoked_and_none_works() {
    let app = TestApp::start();
    let api = app.owners_program();
    let soon = keyward::clock::rfc3339(app.clock.now() + time::Duration::minutes(1));
    api.new_key(&json!({"name": "Active", "scopes": ["*"]}));
    api.new_key(&json!({"name": "Expired", "expires_at": soon, "scopes": ["read:assets"]}));
    app.clock.advance(time::Duration::minutes(2));
    assert_eq!(listed(&api, "state=expired").len(), 1);
    let archived = api.post("/projects/default/archival", &json!({"name": "Default"}));
    assert_eq!(archived.status, 200, "{}", archived.body);
    for state in ["working", "active", "dormant", "expiring", "expired"] {
        assert_eq!(listed(&api, &format!("state={state}")).len(), 0, "{state}");
        assert_eq!(shown(&app, &format!("state={state}")).len(), 0, "{state}");
    }
    assert_eq!(listed(&api, "state=revoked&scope=read:assets").len(), 2);
    assert_eq!(shown(&app, "state=revoked").len(), 2);
    for key in api.get("/keys").json()["value"].as_array().unwrap() {
        assert_eq!(
            (&key["state"], &key["is_active"]),
            (&json!("revoked"), &json!(false))
        );
    }
    let scope = api.get("/projects/default/scopes/read:assets").json()["data"].clone();
    assert_eq!(
        (&scope["key_count"], &scope["carrying_count"]),
        (&json!(0), &json!(0))
    );
}
