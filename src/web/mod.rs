//! The console and the management API over HTTP.

pub mod api;
pub(crate) mod head;
mod pages;
pub(crate) mod routes;
pub(crate) mod shared;
