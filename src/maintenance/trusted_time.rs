//! Which time deletions go by: a clock that was wrong at the start must not delete what the right
//! one would keep.
//!
//! The database keeps the last time that was trusted. A clock within two days of it is believed. If
//! it is further away, in either direction, the trusted time follows it by one day an hour, counted
//! from the start. So a wrong clock has days in which to be noticed, and one that is right after a
//! long pause has caught up before long.

use time::Duration;

use crate::clock::{UtcTime, rfc3339};
use crate::db::{AnyConnection, DbError, trusted_time, unaudited};

/// How far a clock may be from the trusted time and still be believed.
const BELIEVED: Duration = Duration::days(2);
/// How far the trusted time follows such a clock at each look.
const STEP: Duration = Duration::DAY;

/// The trusted time, as it was at the last look.
#[derive(Default)]
pub struct TrustedTime(Option<UtcTime>);

impl TrustedTime {
    /// Compares the clock, which says `now`, with the database. The first look of an instance does
    /// not follow a clock that is far off: otherwise one that is restarted often would soon be
    /// believed.
    ///
    /// # Errors
    /// The database fails.
    pub fn look(&mut self, conn: &mut AnyConnection, now: UtcTime) -> Result<(), DbError> {
        let seen = trusted_time::read(conn)?.unwrap_or(now);
        let is_first = self.0.is_none();
        let next = follow(seen, now, is_first);
        if next != now {
            tracing::warn!(
                clock = rfc3339(now),
                trusted = rfc3339(next),
                "the clock is far from the time that the database has seen: nothing newer than \
                 the trusted time allows is deleted; it follows the clock by a day an hour"
            );
        }
        unaudited(conn, |tx| trusted_time::set(tx, next))?;
        self.0 = Some(next);
        Ok(())
    }

    /// The time that deletions may go by when the clock says `now`; `None` before the first look.
    pub fn of(&self, now: UtcTime) -> Option<UtcTime> {
        let trusted = self.0?;
        Some(match is_believed(trusted, now) {
            true => now,
            false => now.min(trusted),
        })
    }
}

fn is_believed(trusted: UtcTime, now: UtcTime) -> bool {
    (now - trusted).abs() <= BELIEVED
}

fn follow(seen: UtcTime, now: UtcTime, is_first: bool) -> UtcTime {
    match is_believed(seen, now) {
        true => now,
        false if is_first => seen,
        false => seen + (now - seen).clamp(-STEP, STEP),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const SEEN: UtcTime = datetime!(2026-11-20 12:00);

    #[test]
    fn a_clock_that_is_about_right_is_believed() {
        for away in [-BELIEVED, Duration::ZERO, Duration::HOUR, BELIEVED] {
            assert_eq!(follow(SEEN, SEEN + away, true), SEEN + away);
            assert_eq!(TrustedTime(Some(SEEN)).of(SEEN + away), Some(SEEN + away));
        }
    }

    #[test]
    fn one_that_is_far_off_is_followed_a_day_at_a_time_and_not_at_the_start() {
        for years in [-3, 3] {
            let now = SEEN + Duration::days(years * 365);
            assert_eq!(follow(SEEN, now, true), SEEN);
            let step = Duration::days(years.signum());
            assert_eq!(follow(SEEN, now, false), SEEN + step);
            assert_eq!(TrustedTime(Some(SEEN)).of(now), Some(SEEN.min(now)));
        }
        assert_eq!(TrustedTime::default().of(SEEN), None);
    }
}
