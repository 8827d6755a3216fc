//! How a key is used, as its page shows it: a chart, the sources, the last refusals.

use keyward_key::verdict::Outcome;
use time::Date;
use time::macros::format_description;

use crate::clock::UtcTime;
use crate::domain::keys::{DAYS, DayUsage, KeyUsage, UsageGap};
use crate::records::Source;
use crate::web::shared::times::{Moment, grouped, plural};

/// How many sources are shown; the rest is folded away.
const SHOWN_SOURCES: usize = 8;
const SHOWN_REFUSALS: usize = 8;

/// How a key is used, in words and bars.
pub struct UsageView {
    pub chart: Chart,
    pub passed_last_day: String,
    pub sources: Vec<SourceView>,
    pub more_sources: Vec<SourceView>,
    pub refusals: Vec<RefusalView>,
    pub gap: Option<GapView>,
}

/// When not everything was recorded, and what is missing.
pub struct GapView {
    pub from: Moment,
    pub until: Moment,
    /// "1,204 requests were not counted".
    pub missing: Vec<String>,
}

/// A place a key is used from.
pub struct SourceView {
    pub ip: String,
    pub user_agent: String,
    pub first_seen: Moment,
    pub last_seen: Moment,
    pub passed: String,
    pub refused: String,
}

/// The latest refusal from one place, and how many there were from it.
pub struct RefusalView {
    pub at: Moment,
    pub why: &'static str,
    pub ip: String,
    pub user_agent: String,
    pub count: String,
}

impl UsageView {
    /// `usage` as seen at the time `now`.
    pub fn new(usage: KeyUsage, now: UtcTime) -> Self {
        let mut refused: Vec<&Source> = usage.sources.iter().collect();
        refused.sort_by_key(|source| std::cmp::Reverse(source.refused_at));
        let refusals = refused.into_iter().filter_map(|source| {
            Some(RefusalView {
                at: Moment::new(source.refused_at?, now),
                why: Outcome::title_of(source.refusal.as_deref()?),
                ip: source.ip.clone(),
                user_agent: source.user_agent.clone(),
                count: grouped(source.refused),
            })
        });
        let refusals = refusals.take(SHOWN_REFUSALS).collect();
        let mut sources: Vec<SourceView> = usage
            .sources
            .into_iter()
            .map(|source| SourceView::new(source, now))
            .collect();
        let more_sources = sources.split_off(sources.len().min(SHOWN_SOURCES));
        UsageView {
            chart: Chart::new(&usage.days),
            passed_last_day: grouped(usage.passed_last_day),
            sources,
            more_sources,
            refusals,
            gap: usage.gap.map(|gap| GapView::new(&gap, now)),
        }
    }
}

impl GapView {
    fn new(gap: &UsageGap, now: UtcTime) -> Self {
        let missing = [
            (gap.requests, "not counted"),
            (gap.without_source, "counted without address and user agent"),
        ];
        let missing = missing.into_iter().filter(|(requests, _)| *requests > 0);
        GapView {
            from: Moment::new(gap.from, now),
            until: Moment::new(gap.until, now),
            missing: missing
                .map(|(requests, how)| format!("{} {how}", plural(requests, "request")))
                .collect(),
        }
    }
}

impl SourceView {
    fn new(source: Source, now: UtcTime) -> Self {
        SourceView {
            first_seen: Moment::new(source.first_seen, now),
            last_seen: Moment::new(source.last_seen, now),
            passed: grouped(source.passed),
            refused: grouped(source.refused),
            ip: source.ip,
            user_agent: source.user_agent,
        }
    }
}

/// One bar per day, in units of the SVG: each day is ten wide, and the whole chart a hundred high.
pub struct Chart {
    pub bars: Vec<Bar>,
    pub width: i64,
    /// What the gridlines at the top and halfway up stand for.
    pub top: String,
    pub half: String,
    pub passed: String,
    pub refused: String,
    pub is_empty: bool,
}

/// One day: what passed at the bottom, and what was refused on top of it.
pub struct Bar {
    pub day: String,
    pub x: i64,
    pub passed: String,
    pub refused: String,
    pub passed_y: String,
    pub passed_height: String,
    pub refused_y: String,
    pub refused_height: String,
}

impl Chart {
    fn new(days: &[DayUsage]) -> Self {
        let highest = days.iter().map(|day| day.passed + day.refused).max();
        let top = round_up(highest.unwrap_or(0));
        let (passed, refused) = days.iter().fold((0, 0), |(passed, refused), day| {
            (passed + day.passed, refused + day.refused)
        });
        Chart {
            bars: (0..)
                .zip(days)
                .map(|(x, day)| Bar::new(x, day, top))
                .collect(),
            width: DAYS * 10,
            top: grouped(top),
            half: grouped(top / 2),
            is_empty: passed + refused == 0,
            passed: grouped(passed),
            refused: grouped(refused),
        }
    }
}

impl Bar {
    fn new(position: i64, day: &DayUsage, top: i64) -> Self {
        let passed = height(day.passed, top);
        let refused = height(day.refused, top);
        let units = |number: f64| format!("{number:.2}");
        Bar {
            day: date(day.day),
            x: position * 10,
            passed: grouped(day.passed),
            refused: grouped(day.refused),
            passed_y: units(100.0 - passed),
            passed_height: units(passed),
            refused_y: units(100.0 - passed - refused),
            refused_height: units(refused),
        }
    }
}

/// Anything above zero is at least one unit high, so that even a single refusal is visible.
fn height(count: i64, top: i64) -> f64 {
    match count {
        0 => 0.0,
        count => (count as f64 / top as f64 * 98.0).max(1.0),
    }
}

/// The next of 2, 4, 10, 20, 40, 100, …: numbers that can be halved.
fn round_up(highest: i64) -> i64 {
    let mut unit = 1;
    loop {
        for step in [2, 4, 10] {
            if highest <= step * unit {
                return step * unit;
            }
        }
        unit *= 10;
    }
}

fn date(day: Date) -> String {
    let format = format_description!("[day padding:none] [month repr:short]");
    day.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn the_top_of_a_chart_is_a_round_number_with_a_whole_half() {
        for (highest, top) in [(0, 2), (3, 4), (5, 10), (11, 20), (39, 40), (401, 1_000)] {
            assert_eq!(round_up(highest), top);
        }
    }

    #[test]
    fn bars_stand_on_each_other_and_stay_within_the_chart() {
        let day = DayUsage {
            day: date!(2026 - 11 - 21),
            passed: 999,
            refused: 1,
        };
        let bar = Bar::new(2, &day, 1_000);
        assert_eq!((bar.x, bar.day.as_str()), (20, "21 Nov"));
        assert_eq!(bar.refused_height, "1.00");
        assert_eq!(bar.passed_y, "2.10");
        assert_eq!(bar.refused_y, "1.10");
    }
}
