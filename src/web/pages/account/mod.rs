//! The pages of one's own account.

mod device;
pub mod password;
pub mod sessions;
pub mod show;
pub mod tokens;
