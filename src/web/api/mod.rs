//! The management API, `/api/v1`: thin handlers around the use cases that the pages call.

pub mod account;
pub mod answer;
pub mod audit;
pub mod bearer;
pub mod body;
pub mod error;
pub mod grants;
pub mod idempotency;
pub mod keys;
pub mod limits;
pub mod openapi;
pub mod paging;
pub mod projects;
pub mod scopes;
pub mod session;
pub mod tokens;
pub mod types;
pub mod users;
