//! The pages of API keys.

pub mod edit;
mod fields;
pub mod list;
pub mod new;
pub mod one;
pub mod replacement;
pub mod reveal;
pub mod revocation;
pub mod rotation;
mod usage;
mod view;

/// The path of one key's page.
fn path(project: &str, id: i64) -> String {
    format!("/projects/{project}/keys/{id}")
}
