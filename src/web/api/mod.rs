//! The management API, `/api/v1`: thin handlers around the use cases that the pages call.

pub mod account;
pub mod audit;
pub mod base;
pub mod grants;
pub mod keys;
pub mod openapi;
pub mod projects;
pub mod scopes;
pub mod session;
pub mod tokens;
pub mod users;
