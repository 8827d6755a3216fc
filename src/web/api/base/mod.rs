//! What the handlers of the management API have in common: who calls, bodies, pages of
//! collections, answers and errors.

pub mod answer;
pub mod bearer;
pub mod body;
pub mod error;
pub mod idempotency;
pub mod paging;
pub mod query;
pub mod types;
