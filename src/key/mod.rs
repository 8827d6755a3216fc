//! What a key is: its format, its digest, its scopes, and the verdict on it.
//! Pure: knows neither the database nor HTTP.

pub mod digest;
pub mod environment;
pub mod format;
pub mod pattern;
pub mod record;
pub mod scope;
pub mod verdict;

pub use digest::KeyDigest;
pub use environment::Environment;
pub use format::{KeyFormat, PlainKey};
pub use record::{Key, KeyState, LastUse, RateLimit, Revocation, RevokeReason};
