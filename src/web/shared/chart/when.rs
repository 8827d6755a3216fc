//! What a bar stands for, and the labels below.

use time::macros::format_description;

use crate::clock::UtcTime;
use crate::domain::usage::{Counts, Range};

/// "13 Nov", "13 Nov, 18:00 to 24:00 UTC".
pub(super) fn named(counts: &Counts, part: usize) -> String {
    let start = counts.start_of(part);
    let end = start.hour() + u8::try_from(counts.range.step().whole_hours()).unwrap_or(24);
    match counts.range {
        Range::Day | Range::Week => {
            format!("{}, {:02}:00 to {end:02}:00 UTC", date(start), start.hour())
        }
        Range::Month | Range::Quarter => date(start),
    }
}

/// The label below a bar: every sixth hour, each day, or every so many days up to today.
pub(super) fn tick(counts: &Counts, part: usize) -> Option<String> {
    let start = counts.start_of(part);
    let left = counts.range.count() - 1 - part;
    let every = |days| (left.is_multiple_of(days)).then(|| date(start));
    match counts.range {
        Range::Day => start
            .hour()
            .is_multiple_of(6)
            .then(|| format!("{:02}:00", start.hour())),
        Range::Week => (start.hour() == 0).then(|| date(start)),
        Range::Month => every(7),
        Range::Quarter => every(21),
    }
}

fn date(at: UtcTime) -> String {
    let format = format_description!("[day padding:none] [month repr:short]");
    at.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn bars_have_names_and_some_have_labels() {
        let now = datetime!(2026-11-20 13:30);
        let of = |range| Counts::new(range, now, &[]);
        let (day, week, month) = (of(Range::Day), of(Range::Week), of(Range::Month));
        assert_eq!(named(&day, 24), "20 Nov, 13:00 to 14:00 UTC");
        assert_eq!(named(&week, 0), "13 Nov, 18:00 to 24:00 UTC");
        assert_eq!(named(&month, 29), "20 Nov");
        let ticks = |counts: &Counts| {
            let parts = 0..counts.range.count();
            parts
                .filter_map(|part| tick(counts, part))
                .collect::<Vec<_>>()
        };
        assert_eq!(ticks(&day), ["18:00", "00:00", "06:00", "12:00"]);
        assert_eq!(ticks(&week).len(), 7);
        assert_eq!(ticks(&month).last().map(String::as_str), Some("20 Nov"));
    }
}
