//! The people of an instance.

mod create;
mod disable;
mod enable;
mod end_sessions;
mod find;
mod invite;
mod link;
mod new_person;
mod reset_password;

pub use create::{NewPerson, create};
pub use disable::{DisablingForm, disable, disabling_form, obstacle};
pub use enable::enable;
pub use end_sessions::end_sessions;
pub use find::{find, list};
pub use invite::invite;
pub use link::{PasswordLink, new_link};
pub(super) use new_person::{check, write};
pub use reset_password::reset_password;
