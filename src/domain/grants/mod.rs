//! Grants: giving roles to people, and removing them.

mod delete;
mod last_owner;
mod less;
mod list;
mod place;
mod put;

pub use delete::delete;
pub(super) use last_owner::{keep_an_owner, last_owner};
pub use list::{Given, Reaching, find_person, list, list_reaching};
pub use place::Whom;
pub use put::put;
