//! A project's catalogue of scopes.

mod add_catalogue;
mod catalogue;
mod delete;
mod effect;
mod list;
mod put;

pub use add_catalogue::add_catalogue;
pub use catalogue::Catalogue;
pub use delete::{Removal, delete, removal};
pub use effect::{Effect, effect};
pub use list::{ScopeUse, beyond_names, catalogue, count_uses, find, list};
pub use put::{put, put_form};
