//! Middleware for actix-web that lets through only requests with an API key that Keyward
//! accepts, and an extractor that tells a handler whose key it is.
#![doc = include_str!("../README.md")]

mod ask;
pub mod credential;
mod guard;
pub mod headers;
pub mod problem;

pub use keyward_key::Environment;

pub use guard::{ApiKey, Guard, Guarded, GuardedService};
pub use problem::Problem;
