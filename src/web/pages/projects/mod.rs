//! `/projects/…`, except the keys.

pub mod archival;
mod fields;
pub mod grants;
pub mod new;
pub mod scopes;
pub mod settings;
pub mod usage;
