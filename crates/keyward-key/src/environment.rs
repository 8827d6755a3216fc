//! The two environments a key can be for.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// `live` or `test`. A key's prefix alone tells which.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(
    serialize_all = "lowercase",
    parse_err_ty = UnknownEnvironment,
    parse_err_fn = UnknownEnvironment::new
)]
pub enum Environment {
    /// Requests that count.
    Live,
    /// Requests that are only tried out.
    Test,
}

impl Environment {
    /// Every environment, in the order forms offer them.
    pub const ALL: &[Environment] = Environment::VARIANTS;

    /// The word in prefixes, URLs, JSON and the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            Environment::Live => "Live",
            Environment::Test => "Test",
        }
    }
}

/// The text named neither environment.
#[derive(Debug, thiserror::Error)]
#[error("an environment is live or test")]
pub struct UnknownEnvironment;

impl UnknownEnvironment {
    fn new(_: &str) -> Self {
        UnknownEnvironment
    }
}
