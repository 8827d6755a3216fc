//! The one source of the current time, which tests can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// A time in UTC, in whole microseconds, as both databases store it.
pub type UtcTime = PrimitiveDateTime;

/// Tells the time. Clones share one clock, so a test that moves it moves it everywhere.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_micros: Arc<AtomicI64>,
}

impl Clock {
    /// The current time in UTC.
    pub fn now(&self) -> UtcTime {
        from_micros(self.micros())
    }

    /// The current time in microseconds since 1970. Cheaper than [`now`](Self::now).
    #[allow(clippy::disallowed_methods)]
    pub fn micros(&self) -> i64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let micros = since.map_or(0, |since| {
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        });
        micros.saturating_add(self.ahead_micros.load(Ordering::Relaxed))
    }

    /// Moves the clock by `by`; a negative duration turns it back.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.whole_microseconds()).expect("a test's few years");
        self.ahead_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// `at` as RFC 3339 with `Z`, for instance `2026-11-20T22:55:28.25Z`.
pub fn rfc3339(at: UtcTime) -> String {
    at.assume_utc()
        .format(&Rfc3339)
        .expect("years of four digits")
}

/// Parses an RFC 3339 time with any offset; `None` if `text` is malformed.
pub fn parse_rfc3339(text: &str) -> Option<UtcTime> {
    let read = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let utc = read.checked_to_offset(UtcOffset::UTC)?;
    let at = PrimitiveDateTime::new(utc.date(), utc.time());
    // Both databases store whole microseconds.
    at.replace_nanosecond(at.microsecond() * 1_000).ok()
}

/// A time in JSON as [`rfc3339`] writes it.
pub mod serde_rfc3339 {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::{UtcTime, parse_rfc3339, rfc3339};

    /// Writes the time.
    ///
    /// # Errors
    /// The serializer fails.
    pub fn serialize<S: Serializer>(at: &UtcTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(*at))
    }

    /// Reads a time.
    ///
    /// # Errors
    /// It is not a time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UtcTime, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        parse_rfc3339(&text).ok_or_else(|| D::Error::custom("not a time as of RFC 3339"))
    }
}

/// The start of the hour that `at` lies in.
pub fn start_of_hour(at: UtcTime) -> UtcTime {
    at.replace_time(time::Time::from_hms(at.hour(), 0, 0).expect("an hour of the day"))
}

const EPOCH: UtcTime = time::macros::datetime!(1970-01-01 0:00);

/// Microseconds since 1970.
pub fn to_micros(at: UtcTime) -> i64 {
    i64::try_from((at - EPOCH).whole_microseconds()).expect("years of four digits")
}

/// The time `micros` microseconds after 1970, limited to the years 1970 to 9999.
pub fn from_micros(micros: i64) -> UtcTime {
    EPOCH.saturating_add(Duration::microseconds(micros.max(0)))
}
