//! Who may do what: actors, actions, the table of roles, and the permits that it gives out.
//!
//! Pure: an actor's grants are read elsewhere, in the moment they are needed.

pub mod action;
pub mod actor;
pub mod policy;

pub use action::Action;
pub use actor::{Actor, Narrowing, Origin, Proof, Who};
pub use policy::{Denial, OwnPermit, Permit};
