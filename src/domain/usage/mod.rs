//! Counts of verifications over a time, for charts.

mod counts;
mod range;

use time::Duration;

pub use counts::Counts;
pub use range::Range;

/// How long it is kept which scopes were asked for, and how far back pages look.
pub const SCOPES_KEPT: Duration = Duration::days(90);
