//! Deciding whether a presented key may pass.

mod credential;
pub mod http;
pub mod usage;
pub mod verifier;

pub use usage::UsageBuffer;
pub use verifier::Verifier;
