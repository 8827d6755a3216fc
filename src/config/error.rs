//! Why settings can't be used.

use super::settings::{FILE, Source};
use crate::db::connection::OpenError;

/// Why the settings can't be used; one sentence each.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("There is no setting {name}. Did you mean {nearest}?")]
    Unknown { name: String, nearest: &'static str },
    #[error("{name} must be {expected}, not {value:?} (from {origin}).")]
    Wrong {
        name: &'static str,
        expected: &'static str,
        value: String,
        origin: Source,
    },
    #[error("{variable} names the file {path}, which can't be read: {cause}.")]
    File {
        variable: String,
        path: String,
        cause: std::io::Error,
    },
    #[error("{FILE} can't be read: {0}.")]
    Toml(String),
    #[error("{0} and {0}_FILE are both set. Set one of them.")]
    Twice(&'static str),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("KEYWARD_SECRET must be at least 32 characters long.")]
    ShortSecret,
}
