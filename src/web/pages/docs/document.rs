//! Reading an OpenAPI document.

use serde_json::{Map, Value};

/// Whether an operation can be called without a token.
pub(super) fn is_open(operation: &Value) -> bool {
    items(&operation["security"]).any(|one| one.as_object().is_some_and(Map::is_empty))
}

/// The schema itself, following a reference.
pub(super) fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        Some(name) => &document["components"]["schemas"][name],
        None => schema,
    }
}

/// The schema itself; of several alternatives, the one that is not null.
pub(super) fn plain<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolved(document, schema);
    let mut several = items(&schema["oneOf"]).chain(items(&schema["anyOf"]));
    match several.find(|one| one["type"] != "null") {
        Some(one) => plain(document, one),
        None => schema,
    }
}

/// A value's text; empty if it is not text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The items of a list; none if it is not a list.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The members of an object; none if it is not an object.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
