//! Deciding whether a presented key may pass.

mod answer;
mod asked;
pub mod askers;
pub mod endpoint;
pub mod entry;
pub mod follower;
pub mod front;
mod heads;
pub mod index;
pub mod json;
pub mod lane;
pub mod lease;
pub mod ledger;
pub mod limits;
mod load;
pub mod probe;
pub mod reader;
mod readiness;
mod reading;
pub mod usage;
pub mod verifier;

pub use askers::Askers;
pub use follower::{Follower, Known};
pub use usage::UsageBuffer;
pub use verifier::Verifier;
