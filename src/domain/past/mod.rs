//! The past, worked out from the audit log: keys and roles as they were at the end of a day or of a
//! minute.
//!
//! What is there now is walked back: the entries since then are undone, the newest first. So the past of a
//! key needs only the entries about it, and is right however the key came to be here.

mod as_of;
mod key;
mod keys;
mod roles;
mod undo;

pub use as_of::{AsOf, as_of};
pub use key::{KeyThen, Origins, key};
pub use keys::{PastFilter, PastKeys, keys};
pub use roles::{RoleThen, roles};
pub use undo::PastKey;
