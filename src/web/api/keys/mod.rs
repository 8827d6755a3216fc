//! `/api/v1/projects/{project}/keys` and, in short, `/api/v1/keys`.

pub mod collection;
pub mod one;
mod path;
pub mod rotation;
pub mod usage;

use serde_json::Value;

use crate::json::KeyJson;
use crate::records::{Key, Project};
use crate::web::api::base::bearer::Bearer;

/// A key as `data`, without its secret.
fn as_json(bearer: &Bearer, project: &Project, key: &Key) -> Value {
    serde_json::to_value(KeyJson::new(key, project, bearer.now)).expect("strings and numbers")
}

/// The id in a key's JSON.
fn id_of(key: &Value) -> i64 {
    key["id"].as_i64().unwrap_or_default()
}

/// What `If-Match` compares.
fn version(key: &Key) -> String {
    key.version.to_string()
}
