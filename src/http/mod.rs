//! What the verify endpoints and the console share of HTTP.

pub mod body;
pub mod client;
pub mod problem;

pub use client::TrustedProxies;
pub use problem::Problem;
