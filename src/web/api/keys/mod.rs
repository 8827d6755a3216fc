//! `/api/v1/keys`.

pub mod collection;
pub mod one;
pub mod rotation;
pub mod usage;

use crate::db::projects::Project;
use crate::domain::key_json::KeyJson;
use crate::key::Key;
use serde_json::Value;

use super::bearer::Bearer;

/// A key as `data`, without its secret.
fn as_json(bearer: &Bearer, project: &Project, key: &Key) -> Value {
    serde_json::to_value(KeyJson::new(key, project, bearer.now)).expect("strings and numbers")
}

/// What `If-Match` compares.
fn version(key: &Key) -> String {
    key.version.to_string()
}
