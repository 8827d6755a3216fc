//! Times as people read them: how long ago, with the exact time behind it.

use time::macros::format_description;

use crate::clock::{UtcTime, rfc3339};

/// A time on a page.
pub struct Moment {
    /// "4 h ago", "in 5 days", "12 Mar", "2 Jan 2025".
    pub words: String,
    /// RFC 3339, for `<time datetime>`.
    pub datetime: String,
    /// "2026-11-20 12:00:00 UTC".
    pub exact: String,
}

impl Moment {
    /// `at`, as seen at the time `now`.
    pub fn new(at: UtcTime, now: UtcTime) -> Self {
        let seconds = at.replace_nanosecond(0).unwrap_or(at);
        Moment {
            words: words(at, now),
            datetime: rfc3339(seconds),
            exact: exact(at),
        }
    }
}

/// "2026-11-20 12:00:00 UTC".
pub fn exact(at: UtcTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    at.format(format).unwrap_or_default()
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn words(at: UtcTime, now: UtcTime) -> String {
    let seconds = (now - at).whole_seconds();
    match (seconds, span(seconds.abs())) {
        (0..45, _) => "just now".into(),
        (1.., Some(span)) => format!("{span} ago"),
        (_, Some(span)) => format!("in {span}"),
        (_, None) => date(at, now),
    }
}

/// A duration in a suitable unit, rounded to the nearest: a day that was chosen a moment ago is
/// still one. `None` where a date says more.
fn span(seconds: i64) -> Option<String> {
    let nearest = |unit: i64| (seconds + unit / 2) / unit;
    match seconds {
        // From here on it would round to 60 minutes.
        ..3_570 => Some(format!("{} min", nearest(60).max(1))),
        3_570..DAY => Some(format!("{} h", nearest(HOUR))),
        _ if seconds <= 30 * DAY => Some(plural(nearest(DAY), "day")),
        _ => None,
    }
}

fn date(at: UtcTime, now: UtcTime) -> String {
    let format = match at.year() == now.year() {
        true => format_description!("[day padding:none] [month repr:short]"),
        false => format_description!("[day padding:none] [month repr:short] [year]"),
    };
    at.format(format).unwrap_or_default()
}

/// "1 day", "2 days".
pub fn plural(count: i64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count))
}

/// A number with thousands separators: 1,204.
pub fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let mut parted = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            parted.push(',');
        }
        parted.push(digit);
    }
    parted
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    #[test]
    fn near_times_are_distances_and_far_ones_dates() {
        for (distance, expected) in [
            (Duration::seconds(3), "just now"),
            (Duration::seconds(50), "1 min ago"),
            (Duration::minutes(59), "59 min ago"),
            (Duration::hours(4), "4 h ago"),
            (Duration::days(1), "1 day ago"),
            (Duration::minutes(100), "2 h ago"),
            (Duration::days(29), "29 days ago"),
            (Duration::days(30), "30 days ago"),
            (Duration::days(40), "11 Oct"),
            (Duration::days(400), "16 Oct 2025"),
            (Duration::seconds(-20), "in 1 min"),
            (Duration::hours(-5), "in 5 h"),
            (Duration::days(-5), "in 5 days"),
            (Duration::hours(-36), "in 2 days"),
            (Duration::days(-30), "in 30 days"),
            (Duration::days(-31), "21 Dec"),
            (Duration::days(-90), "18 Feb 2027"),
        ] {
            assert_eq!(words(NOW - distance, NOW), expected);
        }
    }

    #[test]
    fn what_was_chosen_a_moment_ago_reads_as_it_was_chosen() {
        for (chosen, expected) in [
            (Duration::minutes(30), "in 30 min"),
            (Duration::HOUR, "in 1 h"),
            (Duration::hours(24), "in 24 h"),
            (Duration::days(7), "in 7 days"),
            (Duration::days(30), "in 30 days"),
        ] {
            let at = NOW + chosen;
            for later in [Duration::milliseconds(1), Duration::seconds(20)] {
                assert_eq!(words(at, NOW + later), expected, "{later} later");
            }
        }
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_204), "1,204");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(plural(1, "day"), "1 day");
    }
}
