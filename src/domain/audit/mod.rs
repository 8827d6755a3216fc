//! The audit log: reading, verifying and exporting it, and recording denials.

mod asked;
pub mod chain;
pub mod checkpoint;
mod cut;
mod deny;
mod export;
mod read;

pub use asked::Asked;
pub use checkpoint::ChainState;
pub use cut::{cut, delete_cut};
pub use deny::deny;
pub use export::{Export, export};
pub use read::{AuditPage, allow_to_read, is_readable, latest, of_key, one, read, state};
