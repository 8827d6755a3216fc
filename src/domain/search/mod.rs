//! Find anything, in every project that the actor may see.

mod anything;

pub use anything::{Found, search};
