//! A project's catalogue of scopes.

mod add_catalogue;
mod catalogue;
mod delete;
mod list;
mod put;

pub use add_catalogue::add_catalogue;
pub use catalogue::Catalogue;
pub use delete::{Removal, delete, removal};
pub use list::{ScopeUse, catalogue, count_uses, find, list};
pub use put::{put, put_form};
