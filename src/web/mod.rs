//! The console: pages, and what stands around them.

pub mod acting;
pub mod api;
pub mod assets;
pub mod csrf;
pub mod cursor;
pub mod error;
pub mod form;
pub mod guarded_sign_in;
pub mod headers;
pub mod health;
pub mod icons;
pub mod links;
pub mod page;
pub mod pages;
pub mod reveal;
pub mod rotated_cookies;
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
