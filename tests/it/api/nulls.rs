//! An explicit null clears what can be empty, and is refused with the field's name where it can't
//! (RFC 7396).

use reqwest::Method;
use serde_json::{Value, json};

use super::in_a_month;
use crate::app::{Api, TestApp};

/// What null clears.
const CLEARED: [&str; 27] = [
    "NewAuditExport.consumer",
    "NewKey.consumer",
    "KeyPatch.consumer",
    "NewKey.metadata",
    "KeyPatch.metadata",
    "NewKey.owner",
    "KeyPatch.owner",
    "NewAuditExport.q",
    "NewAuditExport.from",
    "NewAuditExport.until",
    "NewAuditExport.actor",
    "NewAuditExport.action",
    "NewAuditExport.project",
    "NewAuditExport.key",
    "NewAuditExport.address",
    "NewKey.expires_at",
    "NewKey.rate_limit",
    "NewKey.allowed_ips",
    "KeyPatch.expires_at",
    "KeyPatch.rate_limit",
    "KeyPatch.allowed_ips",
    "NewProject.catalogue",
    "NewProject.rate_limit",
    "ProjectPatch.rate_limit",
    "ScopeFields.includes",
    "NewToken.project",
    "Invitation.project",
];
const CLEARED_DAYS: [&str; 4] = [
    "NewProject.default_lifetime_days",
    "NewProject.max_lifetime_days",
    "ProjectPatch.default_lifetime_days",
    "ProjectPatch.max_lifetime_days",
];

fn send(api: &Api, method: &str, path: &str, body: &Value) -> (u16, Vec<String>) {
    let method: Method = method.to_uppercase().parse().unwrap();
    let answer = api.send(method, path, Some(body), &[]);
    (answer.status, answer.wrong_fields())
}

#[test]
fn null_clears_what_can_be_empty_and_is_named_where_it_cannot() {
    let app = TestApp::start();
    let api = app.owners_program();
    let document: Value = serde_json::from_str(keyward::web::api::openapi::json()).unwrap();
    let mut tried = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(schema) = body["$ref"].as_str().and_then(|to| to.rsplit('/').next()) else {
                continue;
            };
            if ["Credentials", "PasswordFields", "VerifyBody"].contains(&schema) {
                continue; // Signing in, and what verify/json.rs has tests for.
            }
            let properties = &document["components"]["schemas"][schema]["properties"];
            for field in properties.as_object().unwrap().keys() {
                tried += 1;
                let name = format!("{schema}.{field}");
                let body = body_with_null(schema, field, tried);
                let path = path_for(&api, path, tried);
                let (status, wrong) = send(&api, method, &path, &body);
                if CLEARED.contains(&&*name) || CLEARED_DAYS.contains(&&*name) {
                    assert!((200..300).contains(&status), "{name}: {status} {wrong:?}");
                } else {
                    assert_eq!((status, wrong), (422, vec![field.clone()]), "{name}");
                }
            }
        }
    }
    assert!(tried > 30, "{tried}");
}

/// A body that is good but for this field, which is null.
fn body_with_null(schema: &str, field: &str, number: usize) -> Value {
    let mut body = match schema {
        "NewAuditExport" => json!({"format": "csv"}),
        "NewKey" => json!({"name": "A"}),
        "NewProject" => json!({"slug": format!("p{number}"), "name": "A", "key_start": "aa"}),
        "Archival" => json!({"name": "A"}),
        "ScopeFields" => json!({"description": "A"}),
        "CatalogueFields" => json!({"catalogue": "streaming"}),
        "GrantFields" => json!({"role": "viewer"}),
        "Invitation" => json!({"email": format!("{number}@example.com"), "role": "viewer"}),
        "NewToken" => json!({"description": "A", "permissions": ["keys:read"],
            "expires_at": in_a_month()}),
        _ => json!({}),
    };
    body[field] = Value::Null;
    body
}

fn path_for(api: &Api, path: &str, number: usize) -> String {
    let (id, _) = api.new_key(&json!({"name": "A"}));
    let person = json!({"email": format!("of{number}@example.com"), "role": "viewer"});
    let user = api.post("/users", &person).json()["data"]["id"].clone();
    path.replace("{project}", "default")
        .replace("{id}", &id.to_string())
        .replace("{user}", &user.to_string())
        .replace("{scope}", "read:assets")
}
