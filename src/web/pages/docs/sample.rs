//! Examples for the documentation, made from the schemas.

use serde_json::{Map, Value, json};

use super::document::{entries, is_open, items, plain, text};

/// An example of what `schema` describes: the one it gives, or one put together from its parts.
/// With `ended`, of something that was revoked or archived.
pub(super) fn of(document: &Value, schema: &Value, ended: bool) -> Value {
    let schema = plain(document, schema);
    let choice = items(&schema["enum"]).next();
    if let Some(example) = named(schema).or_else(|| choice.cloned()) {
        return example;
    }
    match (word(schema), schema["format"].as_str()) {
        ("array", _) => json!([of(document, &schema["items"], ended)]),
        ("string", Some("date-time")) => json!("2026-11-20T22:55:28Z"),
        ("string", Some("date")) => json!("2026-11-20"),
        ("string", _) => json!("…"),
        ("integer" | "number", _) => json!(1),
        ("boolean", _) => json!(true),
        _ => object(document, schema, ended),
    }
}

/// A call of an operation in a shell where `$URL` and `$TOKEN` are set.
pub(super) fn call(method: &str, path: &str, operation: &Value, body: Option<&Value>) -> String {
    let mut path = path.to_owned();
    for parameter in items(&operation["parameters"]).filter(|one| one["in"] == "path") {
        let name = text(&parameter["name"]);
        let value = match (&parameter["example"], word(&parameter["schema"])) {
            (Value::String(example), _) => example.clone(),
            (Value::Null, "integer") => "1".into(),
            (Value::Null, _) => format!("${}", name.to_uppercase()),
            (example, _) => example.to_string(),
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    let method = match method {
        "get" => String::new(),
        other => format!("-X {} ", other.to_uppercase()),
    };
    let mut call = format!("curl {method}$URL{path}");
    if !is_open(operation) {
        call.push_str(r#" -H "Authorization: Bearer $TOKEN""#);
    }
    if let Some(body) = body {
        let content = r#" -H "Content-Type: application/json""#;
        call.push_str(&format!("{content} -d '{body:#}'"));
    }
    call
}

/// The example that a schema gives.
fn named(schema: &Value) -> Option<Value> {
    let own = schema.get("example").or(schema["examples"].get(0));
    match own {
        Some(own) => Some(own.clone()),
        None => named(schema.get("items")?).map(|one| json!([one])),
    }
}

/// The type; if it may also be null, the other one.
fn word(schema: &Value) -> &str {
    let first = items(&schema["type"]).find(|one| *one != "null");
    let word = first.unwrap_or(&schema["type"]);
    word.as_str().unwrap_or_default()
}

/// The members in the order in which they are sent.
fn object(document: &Value, schema: &Value, ended: bool) -> Value {
    let mut members = Map::new();
    for part in items(&schema["allOf"]) {
        if let Value::Object(part) = of(document, part, ended) {
            members.extend(part);
        }
    }
    let properties = &schema["properties"];
    let required = items(&schema["required"]).filter_map(Value::as_str);
    let all = entries(properties).map(|(name, _)| name.as_str());
    for name in required.chain(all) {
        if !members.contains_key(name) {
            let member = member(document, name, &properties[name], ended);
            members.insert(name.to_owned(), member);
        }
    }
    Value::Object(members)
}

fn member(document: &Value, name: &str, property: &Value, ended: bool) -> Value {
    match name {
        // Usually null.
        "detail" | "disabled_at" | "next" | "refusal" | "refused_at" | "related_key_id"
        | "replaced_by" | "replaces" => Value::Null,
        "archived_at" | "archived_by" | "revoke_reason" | "revoked_at" | "revoked_by" if !ended => {
            Value::Null
        }
        "is_active" => json!(!ended),
        "state" if ended => items(&property["enum"]).last().cloned().unwrap_or_default(),
        _ => {
            let own = plain(document, property);
            let elsewhere = || borrowed(document, name, own);
            let example = named(own).or_else(elsewhere);
            example.unwrap_or_else(|| of(document, own, ended))
        }
    }
}

/// The example of another property with the same name and type.
fn borrowed(document: &Value, name: &str, property: &Value) -> Option<Value> {
    let others = entries(&document["components"]["schemas"]);
    others
        .map(|(_, schema)| &schema["properties"][name])
        .filter(|other| word(other) == word(property))
        .find_map(named)
}
