//! The times that charts cover.

use strum::VariantArray;
use time::Duration;

use crate::clock::{UtcTime, start_of_hour};

/// How far back a chart goes.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
pub enum Range {
    /// The last 24 hours, by the hour, and all of the hour that was in progress 24 hours ago.
    #[strum(serialize = "24h")]
    Day,
    /// The last seven days, by quarters of a day.
    #[strum(serialize = "7d")]
    Week,
    /// The last 30 days.
    #[default]
    #[strum(serialize = "30d")]
    Month,
    /// The last 90 days.
    #[strum(serialize = "90d")]
    Quarter,
}

impl Range {
    /// All of them, the shortest first.
    pub const ALL: &[Range] = Range::VARIANTS;

    /// The word in URLs.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The words on pages.
    pub fn title(self) -> &'static str {
        match self {
            Range::Day => "24 hours",
            Range::Week => "7 days",
            Range::Month => "30 days",
            Range::Quarter => "90 days",
        }
    }

    /// How much time one bar stands for.
    pub fn step(self) -> Duration {
        match self {
            Range::Day => Duration::HOUR,
            Range::Week => Duration::hours(6),
            Range::Month | Range::Quarter => Duration::DAY,
        }
    }

    /// How many bars there are.
    pub fn count(self) -> usize {
        match self {
            Range::Day => 25,
            Range::Week => 28,
            Range::Month => 30,
            Range::Quarter => 90,
        }
    }

    /// When the first bar begins, at the time `now`. The last one includes `now`.
    pub fn start(self, now: UtcTime) -> UtcTime {
        let last = match self {
            Range::Day => start_of_hour(now),
            Range::Week => now.date().midnight() + Duration::hours(i64::from(now.hour()) / 6 * 6),
            Range::Month | Range::Quarter => now.date().midnight(),
        };
        let before = i32::try_from(self.count() - 1).unwrap_or(i32::MAX);
        last - self.step() * before
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_last_bar_includes_the_present() {
        let now = datetime!(2026-11-20 13:30);
        for (range, start) in [
            (Range::Day, datetime!(2026-11-19 13:00)),
            (Range::Week, datetime!(2026-11-13 18:00)),
            (Range::Month, datetime!(2026-10-22 0:00)),
            (Range::Quarter, datetime!(2026-08-23 0:00)),
        ] {
            assert_eq!(range.start(now), start, "{range:?}");
            assert_eq!(range.as_str().parse::<Range>().unwrap(), range);
        }
    }
}
