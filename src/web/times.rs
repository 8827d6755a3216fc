//! Times as people read them: how long ago, with the exact time behind.

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
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
        let seconds = at.replace_nanosecond(0).unwrap_or(at);
        Moment {
            words: words(at, now),
            datetime: rfc3339(seconds),
            exact: at.format(format).unwrap_or_default(),
        }
    }
}

fn words(at: UtcTime, now: UtcTime) -> String {
    let distance = now - at;
    let (seconds, days) = (distance.whole_seconds(), distance.whole_days());
    match seconds {
        0..45 => "just now".into(),
        45..3_600 => format!("{} min ago", (seconds / 60).max(1)),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ if (1..30).contains(&days) => format!("{} ago", plural(days, "day")),
        ..0 if seconds > -3_600 => format!("in {} min", (-seconds / 60).max(1)),
        ..0 if seconds > -86_400 => format!("in {} h", -seconds / 3_600),
        ..0 if days > -30 => format!("in {}", plural(-days, "day")),
        _ => date(at, now),
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

/// A number with its thousands parted: 1,204.
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
            (Duration::days(29), "29 days ago"),
            (Duration::days(40), "11 Oct"),
            (Duration::days(400), "16 Oct 2025"),
            (Duration::seconds(-20), "in 1 min"),
            (Duration::hours(-5), "in 5 h"),
            (Duration::days(-5), "in 5 days"),
            (Duration::days(-90), "18 Feb 2027"),
        ] {
            assert_eq!(words(NOW - distance, NOW), expected);
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
