//! Why settings can't be used.

use super::settings::{FILE, Source};
use crate::db::connection::OpenError;

/// Why the settings can't be used. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The environment or `keyward.toml` contains a setting that does not exist.
    #[error("There is no setting {name}. Did you mean {nearest}?")]
    Unknown {
        /// The name as written, including a `_FILE` suffix.
        name: String,
        /// The known name with the smallest edit distance.
        nearest: &'static str,
    },
    /// A value is malformed or out of range.
    #[error("{name} must be {expected}, not {value:?} (from {origin}).")]
    Wrong {
        /// The name in `keyward.toml`, wherever the value was found.
        name: &'static str,
        /// What the setting accepts, as a noun phrase that follows "must be".
        expected: &'static str,
        /// The rejected value, as it was found.
        value: String,
        /// Where the rejected value was found.
        origin: Source,
    },
    /// The file that a `_FILE` variable names can't be read.
    #[error("{variable} names the file {path}, which can't be read: {cause}.")]
    File {
        /// The variable, including the `_FILE` suffix.
        variable: String,
        /// The path, as the variable gives it.
        path: String,
        /// The error from opening or reading the file.
        cause: std::io::Error,
    },
    /// `keyward.toml` can't be read or is not valid TOML. Holds the cause.
    #[error("{FILE} can't be read: {0}.")]
    Toml(String),
    /// A variable and its `_FILE` form are both set. Holds the name without `_FILE`.
    #[error("{0} and {0}_FILE are both set. Set one of them.")]
    Twice(&'static str),
    /// The database URL is not one that Keyward supports.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The `secret` setting has fewer than 32 characters.
    #[error("KEYWARD_SECRET must be at least 32 characters long.")]
    ShortSecret,
}
