//! `/api/v1/projects/{project}/keys` and, in short, `/api/v1/keys`.

mod collection;
mod consumer;
mod metadata;
mod one;
mod owner;
mod paths;
mod rotation;
mod scope_filter;
mod usage;

use serde_json::{Value, json};

fn named(name: &str) -> Value {
    json!({ "name": name })
}
