//! The pages of the past: keys and roles of a project as they were.

pub mod keys;
pub mod one;
mod query;
pub mod roles;
