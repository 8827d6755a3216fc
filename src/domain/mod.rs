//! What people can do, one use case per file, and the rules that apply.
//!
//! A use case takes an [`Op`]: the connection, who acts, and when. One that changes something
//! first gets a permit from it.

pub mod account;
pub mod actors;
mod archived;
pub mod audit;
pub mod counting;
pub mod error;
pub mod files;
pub mod grants;
pub mod idempotency;
pub mod keys;
pub mod last_seen;
pub mod lifetimes;
pub mod op;
pub mod overview;
mod password_hash;
pub mod passwords;
pub mod past;
pub mod precondition;
pub mod projects;
mod rate_limit;
pub mod reveal;
pub mod reviews;
pub mod rollbacks;
pub mod scopes;
pub mod seal;
pub mod search;
pub mod text;
pub mod tokens;
pub mod usage;
pub mod users;

pub use error::{DomainError, FieldError};
pub use op::Op;
pub use precondition::Precondition;
