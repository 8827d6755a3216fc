//! Counts of verifications over a time, for charts.

mod counts;
mod range;

pub use counts::Counts;
pub use range::Range;
