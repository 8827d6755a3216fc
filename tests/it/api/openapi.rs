use std::path::Path;

use serde_json::{Value, json};

use crate::app::TestApp;

/// The document as it was agreed on. `KEYWARD_TEST_UPDATE=1` rewrites it.
const SNAPSHOT: &str = "tests/it/api/openapi.json";

/// Whether a route is the short form of one under `/projects/{project}/keys`.
fn is_short(route: &str) -> bool {
    route.starts_with("/keys") && route != "/keys/verify"
}

/// The routes that belong in the document: method and path.
fn documented_routes() -> Vec<(String, String)> {
    let mut routes = crate::permissions::api_routes();
    routes.retain(|(_, route)| route != "/openapi.json" && !is_short(route));
    routes
}

#[test]
fn the_document_is_the_one_that_was_agreed_on() {
    let app = TestApp::start();
    let served = app.anonymous().get("/api/v1/openapi.json");
    assert_eq!(served.header("content-type"), "application/json");
    let served = serde_json::to_string_pretty(&served.json()).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SNAPSHOT);
    if std::env::var_os("KEYWARD_TEST_UPDATE").is_some() {
        std::fs::write(&path, &served).unwrap();
    }
    let agreed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        served == agreed,
        "the contract changed: if that is meant, run this test with KEYWARD_TEST_UPDATE=1 and \
         commit {SNAPSHOT}"
    );
}

#[test]
fn it_names_every_route_and_every_code() {
    let document: Value = serde_json::from_str(keyward::web::api::openapi::json()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let routes = documented_routes();
    assert!(routes.len() > 40);
    for (method, route) in &routes {
        let operation = &document["paths"][route][method.to_lowercase()];
        assert!(
            operation.is_object(),
            "{method} {route} is not in the document"
        );
    }
    let documented: usize = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|methods| methods.as_object().unwrap().len())
        .sum();
    assert_eq!(documented, routes.len());
    let codes = document["components"]["schemas"]["ErrorCode"]["enum"]
        .as_array()
        .unwrap();
    for code in keyward::web::api::base::error::ErrorCode::ALL {
        assert!(codes.contains(&json!(code.as_str())), "{code:?}");
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
    }
}

#[test]
fn every_short_path_has_a_long_one() {
    let routes = crate::permissions::api_routes();
    let short: Vec<_> = routes.iter().filter(|(_, route)| is_short(route)).collect();
    assert_eq!(short.len(), 8, "{short:?}");
    for (method, route) in short {
        let long = (method.clone(), format!("/projects/{{project}}{route}"));
        assert!(routes.contains(&long), "{method} {route} has no long form");
    }
}

#[test]
fn its_examples_are_real() {
    let app = TestApp::start();
    let document: Value = serde_json::from_str(keyward::web::api::openapi::json()).unwrap();
    let api = app.owners_program();
    let mut sent = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) else {
                continue;
            };
            let example = document["components"]["schemas"][name]["example"].clone();
            assert!(example.is_object(), "{name} has no example");
            if ["Credentials", "PasswordFields", "NewToken"].contains(&name) {
                continue; // About the caller's own password, or a future date.
            }
            let person = || json!({"email": format!("{sent}@example.com"), "role": "viewer"});
            let path = match path.as_str() {
                path if path.contains("{user}") => {
                    let user = api.post("/users", &person()).json()["data"]["id"].clone();
                    path.replace("{user}", &user.to_string())
                }
                path => path.to_owned(),
            };
            let (id, _) = api.new_key(&json!({"name": "A"}));
            let path = path
                .replace("{id}", &id.to_string())
                .replace("{project}", "default")
                .replace("{scope}", "write:assets");
            if path.ends_with("/archival") {
                continue; // Sent at the end, below.
            }
            let answer = api.send(
                method.to_uppercase().parse().unwrap(),
                &path,
                Some(&example),
                &[],
            );
            assert!(
                (200..300).contains(&answer.status),
                "{method} {path}: {}",
                answer.body
            );
            sent += 1;
        }
    }
    assert!(sent >= 10, "{sent}");
}

#[test]
fn the_page_shows_all_of_it() {
    let app = TestApp::start();
    let page = app.anonymous().get("/docs");
    assert_eq!(page.status, 200);
    let operations = page.texts(".operation summary");
    assert_eq!(operations.len(), documented_routes().len());
    assert!(
        operations
            .iter()
            .any(|one| one == "POST /api/v1/projects/{project}/keys Create a key"),
        "{operations:?}"
    );
    assert!(page.body.contains("PRECONDITION_FAILED"));
    let samples = page.texts("pre");
    let (calls, answers): (Vec<_>, Vec<_>) = samples
        .into_iter()
        .partition(|sample| sample.starts_with("curl "));
    assert_eq!(calls.len(), operations.len());
    let create =
        r#"curl -X POST $URL/api/v1/projects/default/keys -H "Authorization: Bearer $TOKEN" "#;
    assert!(calls.iter().any(|call| call.starts_with(create)));
    let answers: Vec<Value> = answers
        .iter()
        .map(|answer| serde_json::from_str(answer).unwrap())
        .collect();
    let is_key =
        |key: &Value| key["rate_limit"]["requests"].is_number() && key["scopes"].is_array();
    assert!(answers.iter().any(|answer| is_key(&answer["data"])));
    assert!(answers.iter().any(|answer| {
        let pagination = &answer["supplemental"]["pagination"];
        is_key(&answer["value"][0]) && pagination.get("next").is_some()
    }));
    let fields = page.texts("dt");
    for field in [
        "rate_limit.requestsnumber, required",
        "environmentone of: live, test",
    ] {
        assert!(fields.iter().any(|one| one == field), "{fields:?}");
    }
    assert!(
        !page.body.contains("style="),
        "the policy forbids inline styles"
    );
}
