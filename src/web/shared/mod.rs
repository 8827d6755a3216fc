//! What pages and the management API share: state, sessions, forms, errors, the layout.

pub mod acting;
pub mod api_limits;
pub mod assets;
pub mod cookies;
pub mod cross_site;
pub mod csrf;
pub mod cursor;
pub mod error;
pub mod form;
pub mod guarded_sign_in;
mod guesses;
pub mod headers;
pub mod icons;
pub mod last_project;
pub mod links;
pub mod page;
pub mod rate_limit_fields;
pub mod reveal;
pub mod session;
pub mod session_cookie;
pub mod shell;
mod sign_in_link;
pub mod spark;
pub mod state;
pub mod throttle;
pub mod times;
pub mod trace;
pub mod turns;
pub mod visitor;

pub use error::WebError;
pub use state::AppState;
pub use visitor::{Viewer, Visitor};
