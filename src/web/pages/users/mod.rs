//! `/users`: the people of the instance, for its owners.

pub mod disabling;
pub mod enabling;
pub mod fields;
pub mod grant_removal;
pub mod grants;
pub mod invite;
pub mod link;
pub mod list;
pub mod one;
pub mod sign_out;
pub mod tokens;
mod view;

/// The path of one person's page.
fn path(id: i64) -> String {
    format!("/users/{id}")
}
