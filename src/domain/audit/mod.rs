//! The audit log: reading it, and noting denials in it.

mod deny;
mod read;

pub use deny::deny;
pub use read::{AuditPage, is_readable, read};
