//! The pages, one folder or file per noun.

pub mod account;
pub mod audit;
pub mod docs;
pub mod exports;
pub mod find;
pub mod health;
pub mod kept;
pub mod keys;
pub mod login;
pub mod logout;
pub mod overview;
pub mod password;
pub mod past;
pub mod projects;
pub mod reviews;
pub mod rollbacks;
pub mod setup;
pub mod users;
