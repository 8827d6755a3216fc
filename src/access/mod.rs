//! Who may do what: actors, actions, the table of roles, and permits.
//!
//! No I/O: an actor's grants are loaded elsewhere, when they are needed.

pub mod action;
pub mod actor;
pub mod own;
pub mod policy;

pub use action::Action;
pub use actor::{Actor, Narrowing, Origin, Proof, Who};
pub use own::{AnswerPermit, OwnPermit};
pub use policy::{Denial, Permit};
