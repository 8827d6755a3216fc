//! How long an old key keeps working beside its successor, as typed on the command line.

use std::str::FromStr;

use time::Duration;

/// A time span: `0`, or a whole number of minutes, hours or days such as `30m`, `24h` or `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overlap(pub(super) Duration);

/// The text is not a time span.
#[derive(Debug, thiserror::Error)]
#[error("an overlap is 0, or for instance 30m, 24h or 7d")]
pub(super) struct UnknownOverlap;

impl FromStr for Overlap {
    type Err = UnknownOverlap;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "0" {
            return Ok(Overlap(Duration::ZERO));
        }
        let split = text.len().saturating_sub(1);
        let (number, unit) = text.split_at_checked(split).ok_or(UnknownOverlap)?;
        // Rust would parse a sign, which is not allowed here.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(UnknownOverlap);
        }
        let number: u32 = number.parse().map_err(|_| UnknownOverlap)?;
        let number = i64::from(number);
        match unit {
            "m" => Ok(Overlap(Duration::minutes(number))),
            "h" => Ok(Overlap(Duration::hours(number))),
            "d" => Ok(Overlap(Duration::days(number))),
            _ => Err(UnknownOverlap),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_hours_and_days_are_read() {
        for (text, minutes) in [
            ("0", 0),
            ("0m", 0),
            ("30m", 30),
            ("24h", 24 * 60),
            ("7d", 7 * 24 * 60),
            ("090d", 90 * 24 * 60),
        ] {
            let read: Overlap = text.parse().unwrap();
            assert_eq!(read.0, Duration::minutes(minutes), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_an_overlap() {
        for text in [
            "",
            "h",
            "30",
            "-1h",
            "+1h",
            "1.5h",
            "1h30m",
            "1 h",
            " 1h",
            "1H",
            "1w",
            "1ü",
            "99999999999d",
        ] {
            assert!(text.parse::<Overlap>().is_err(), "{text:?}");
        }
        let longest: Overlap = format!("{}d", u32::MAX).parse().unwrap();
        assert!(longest.0 > Duration::days(90));
    }
}
