//! The pages of the visitor's own personal tokens. `/account` lists them.

pub mod new;
pub mod reveal;
pub mod revocation;
mod view;

pub(super) use view::TokenView;

/// The path that one token's pages begin with.
fn path(id: i64) -> String {
    format!("/account/tokens/{id}")
}
