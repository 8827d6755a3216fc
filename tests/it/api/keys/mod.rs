//! `/api/v1/keys`.

mod collection;
mod one;
mod rotation;
mod usage;

use serde_json::{Value, json};

fn named(name: &str) -> Value {
    json!({ "name": name })
}
