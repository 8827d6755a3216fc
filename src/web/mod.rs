//! The console: pages, and what stands around them.

pub mod api;
pub mod assets;
pub mod csrf;
pub mod cursor;
pub mod error;
pub mod form;
pub mod headers;
pub mod health;
pub mod icons;
pub mod page;
pub mod pages;
pub mod routes;
pub mod session;
pub mod state;
pub mod throttle;
pub mod times;
pub mod trace;
pub mod visitor;

pub use error::WebError;
pub use state::AppState;
pub use visitor::Visitor;
