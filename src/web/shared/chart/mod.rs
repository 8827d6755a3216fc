//! The chart of verifications over a time, as SVG: what passed, stacked by series, and a lane for each
//! reason of refusals, so that few are seen beside many. `parts/chart.html` shows it.

mod scale;
mod when;

use keyward_key::verdict::Outcome;

use self::scale::{round_up, short, stacked, strokes};
use self::when::{named, tick};
use super::times::grouped;
use crate::domain::usage::{Counts, Range};

/// With more series, the smallest are shown as one.
const MOST_SERIES: usize = 6;

/// The chart in words and paths. A bar is ten units wide, and the plot a hundred high.
pub struct Chart {
    pub ranges: Vec<RangeLink>,
    /// "30 days".
    pub range: &'static str,
    pub passed: String,
    pub refused: String,
    /// "0.4%".
    pub refused_share: String,
    pub is_empty: bool,
    pub width: usize,
    /// What the gridlines at the top and halfway up stand for.
    pub top: String,
    pub half: String,
    pub series: Vec<SeriesView>,
    pub lanes: Vec<Lane>,
    pub bars: Vec<Bar>,
}

/// A link to the same page with another range.
pub struct RangeLink {
    pub title: &'static str,
    pub path: String,
    pub is_current: bool,
}

/// What passed in one series.
pub struct SeriesView {
    pub name: String,
    pub path: String,
    pub total: String,
}

/// What was refused for one reason.
pub struct Lane {
    pub title: &'static str,
    pub path: String,
    pub total: String,
}

/// One bar, in words.
pub struct Bar {
    /// "13 Nov, 18:00 to 24:00 UTC".
    pub when: String,
    /// The label below it, if it has one.
    pub tick: Option<String>,
    /// The label is the first or the last: narrow screens show no others.
    pub is_edge: bool,
    pub passed: String,
    /// What passed in each series, and what was refused for each reason, as in the chart.
    pub by_series: Vec<String>,
    pub by_reason: Vec<String>,
    /// It is in the right half, where its words open to the left.
    pub is_right: bool,
}

impl Chart {
    /// The chart of these series, all of the same range. Its ranges lead to `path`.
    pub fn new(path: &str, mut all: Vec<(String, Counts)>) -> Option<Self> {
        all.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.all_passed()));
        let together = sum(all.iter().map(|(_, counts)| counts))?;
        let shown = fold(all);
        let range = together.range;
        let count = range.count();
        let highest = together.passed.iter().copied().max().unwrap_or(0);
        let top = round_up(highest);
        let heights: Vec<&[i64]> = shown.iter().map(|(_, counts)| &*counts.passed).collect();
        let paths = stacked(&heights, top);
        let total = |counts: &[i64]| grouped(counts.iter().sum());
        let (passed, refused) = (together.all_passed(), together.all_refused());
        let mut ticks = (0..count).filter(|part| tick(&together, *part).is_some());
        let (first, last) = (ticks.next(), ticks.next_back());
        let bars = (0..count).map(|part| Bar {
            when: named(&together, part),
            tick: tick(&together, part),
            is_edge: Some(part) == first || Some(part) == last,
            passed: grouped(together.passed[part]),
            by_series: shown
                .iter()
                .map(|(_, counts)| grouped(counts.passed[part]))
                .collect(),
            by_reason: together
                .refused
                .values()
                .map(|parts| grouped(parts[part]))
                .collect(),
            is_right: part * 2 > count,
        });
        Some(Chart {
            ranges: Range::ALL
                .iter()
                .map(|own| link(path, *own, range))
                .collect(),
            range: range.title(),
            passed: grouped(passed),
            refused: grouped(refused),
            refused_share: share(refused, passed + refused),
            is_empty: passed + refused == 0,
            width: count * 10,
            top: short(top),
            half: short(top / 2),
            bars: bars.collect(),
            lanes: together
                .refused
                .iter()
                .map(|(code, parts)| Lane {
                    title: Outcome::title_of(code),
                    path: strokes(parts),
                    total: total(parts),
                })
                .collect(),
            series: shown
                .into_iter()
                .zip(paths)
                .map(|((name, counts), path)| SeriesView {
                    name,
                    path,
                    total: total(&counts.passed),
                })
                .collect(),
        })
    }

    /// Whether the series need names.
    pub fn has_series(&self) -> bool {
        self.series.len() > 1
    }
}

fn link(path: &str, range: Range, current: Range) -> RangeLink {
    RangeLink {
        title: range.title(),
        path: match range == Range::default() {
            true => path.to_owned(),
            false => format!("{path}?range={}", range.as_str()),
        },
        is_current: range == current,
    }
}

/// A share in per cent, never rounded to nothing or to all.
pub fn share(part: i64, all: i64) -> String {
    if all == 0 || part == 0 {
        return "0%".into();
    }
    let share = part as f64 / all as f64 * 100.0;
    match share {
        ..0.1 => "under 0.1%".into(),
        ..10.0 => format!("{share:.1}%"),
        _ => format!("{share:.0}%"),
    }
}

/// The series that have anything, the smallest of many as one.
fn fold(all: Vec<(String, Counts)>) -> Vec<(String, Counts)> {
    let is_alone = all.len() == 1;
    let used = all.into_iter();
    let mut used: Vec<_> = used
        .filter(|(_, counts)| is_alone || counts.all_passed() > 0)
        .collect();
    if used.len() > MOST_SERIES {
        let rest = used.split_off(MOST_SERIES - 1);
        let name = format!("{} others", rest.len());
        used.extend(sum(rest.iter().map(|(_, counts)| counts)).map(|counts| (name, counts)));
    }
    used
}

/// All counts together; `None` if there are none.
fn sum<'a>(mut all: impl Iterator<Item = &'a Counts>) -> Option<Counts> {
    let mut sum = all.next()?.clone();
    for counts in all {
        for (sum, count) in sum.passed.iter_mut().zip(&counts.passed) {
            *sum += count;
        }
        for (code, parts) in &counts.refused {
            let known = sum.refused.entry(code.clone());
            let known = known.or_insert_with(|| vec![0; parts.len()]);
            for (sum, count) in known.iter_mut().zip(parts) {
                *sum += count;
            }
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::clock::UtcTime;

    const NOW: UtcTime = datetime!(2026-11-20 13:30);

    fn counts(passed: i64, refused: i64) -> Counts {
        let hour = datetime!(2026-11-20 13:00);
        let stored = [
            (hour, "VALID".to_owned(), passed),
            (hour, "EXPIRED".to_owned(), refused),
        ];
        Counts::new(Range::Month, NOW, &stored)
    }

    #[test]
    fn the_smallest_of_many_series_are_shown_as_one() {
        let all = (1..=9).map(|size| (format!("Project {size}"), counts(size * 10, 1)));
        let chart = Chart::new("/", all.collect()).unwrap();
        let names: Vec<&str> = chart.series.iter().map(|series| &*series.name).collect();
        assert_eq!(names[0], "Project 9");
        assert_eq!(names[5], "4 others");
        assert_eq!(
            (chart.passed.as_str(), chart.refused.as_str()),
            ("450", "9")
        );
        assert_eq!(chart.lanes.len(), 1);
        let last = chart.bars.last().unwrap();
        assert_eq!(last.by_series, ["90", "80", "70", "60", "50", "100"]);
        assert_eq!(last.by_reason, ["9"]);
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing() {
        let shares = [share(0, 9), share(1, 100_000), share(1, 250), share(1, 2)];
        assert_eq!(shares, ["0%", "under 0.1%", "0.4%", "50%"]);
    }
}
