//! The pages of API keys.

pub mod edit;
mod fields;
pub mod list;
pub mod new;
pub mod one;
pub mod replacement;
pub mod reveal;
pub mod revocation;
mod usage;
mod view;

use crate::web::session::cookie_name;

/// The path of one key's page.
fn path(project: &str, id: i64) -> String {
    format!("/projects/{project}/keys/{id}")
}

/// The name of the cookie that opens one key's reveal. It is bound to the reveal's path, which
/// the `__Host-` prefix would not allow.
fn reveal_cookie(id: i64, https: bool) -> String {
    cookie_name(&format!("reveal_{id}"), https).replace("__Host-", "__Secure-")
}
