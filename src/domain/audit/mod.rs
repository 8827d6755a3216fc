//! The audit log: reading it, and recording denials.

mod deny;
mod read;

pub use deny::deny;
pub use read::{AuditPage, is_readable, latest, read};
