//! JSON as programs get it, from the management API and the command line alike.

mod key;
mod merge_patch;
mod project;
mod schema;
mod token;
mod user;

pub use key::{KeyJson, NewKeyJson, RateLimitJson};
pub use merge_patch::merge_patch;
pub use project::ProjectJson;
pub use token::TokenJson;
pub use user::UserJson;
