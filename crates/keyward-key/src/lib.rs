//! What an API key of Keyward is: its format, its digest, its scopes, and the verdict on it.
//!
//! Everything here is pure: no database, no HTTP, no clock.

pub mod digest;
pub mod environment;
pub mod format;
pub mod pattern;
pub mod scope;
pub mod verdict;

pub use digest::KeyDigest;
pub use environment::Environment;
pub use format::{KeyFormat, PlainKey};
