//! What people can do, one file per use case, and who may do it.

pub mod actor;
pub mod create_user;
pub mod denial;
pub mod draft;
pub mod edit_key;
pub mod error;
pub mod key_json;
pub mod limit_project;
pub mod list_keys;
pub mod list_projects;
pub mod mint_key;
pub mod passwords;
pub mod policy;
pub mod read_audit;
pub mod read_key;
pub mod read_usage;
pub mod replace_key;
pub mod reset_password;
pub mod reveal_key;
pub mod revoke_key;
pub mod seal;
pub mod set_up;
pub mod sign_in;
pub mod sign_out;
pub mod text;

pub use actor::{Actor, Origin};
pub use error::{DomainError, FieldError};
