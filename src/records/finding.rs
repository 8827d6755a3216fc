//! What reviews look for in keys.

use strum::VariantArray;
use time::Duration;

/// A key older than this should have been rotated.
pub const OLD: Duration = Duration::days(180);

/// Something about a working key, or one that ended, that a review asks about.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(
    serialize_all = "kebab-case",
    parse_err_ty = UnknownFinding,
    parse_err_fn = UnknownFinding::new
)]
pub enum Finding {
    /// It works, and no request ever passed with it.
    NeverUsed,
    /// It works, and was not used for 90 days.
    Dormant,
    /// It ended, and somebody still presents it.
    StillTried,
    /// It works, and never expires.
    NoExpiry,
    /// It works, and carries `*`.
    EveryScope,
    /// It works, and its owner is gone.
    Orphaned,
    /// It works from anywhere, and was used from one network alone.
    OneNetwork,
    /// It works, is older than [`OLD`], and has no successor.
    NeverRotated,
}

impl Finding {
    /// All of them, in the order in which pages show them.
    pub const ALL: &[Finding] = Finding::VARIANTS;

    /// The word in URLs.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The words on pages.
    pub fn title(self) -> &'static str {
        match self {
            Finding::NeverUsed => "Never used",
            Finding::Dormant => "Not used for 90 days",
            Finding::StillTried => "Ended, but still tried",
            Finding::NoExpiry => "No expiry",
            Finding::EveryScope => "Every scope (*)",
            Finding::Orphaned => "Orphaned",
            Finding::OneNetwork => "No address list, used from one network",
            Finding::NeverRotated => "Over 180 days old, never rotated",
        }
    }
}

/// The text names no finding.
#[derive(Debug, thiserror::Error)]
#[error(
    "a finding is never-used, dormant, still-tried, no-expiry, every-scope, orphaned, one-network or \
     never-rotated"
)]
pub struct UnknownFinding;

impl UnknownFinding {
    fn new(_: &str) -> Self {
        UnknownFinding
    }
}
