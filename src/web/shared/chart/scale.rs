//! Heights and paths.

use std::fmt::Write;

/// How high the highest bar is.
const FULL: f64 = 98.0;
/// What is not nothing is at least this high.
const LEAST: f64 = 1.5;

/// The next of 2, 4, 10, 20, 40, 100, …: numbers that can be halved.
pub(super) fn round_up(highest: i64) -> i64 {
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

/// A round number in few characters: 400, 2k, 10k, 4M.
pub(super) fn short(number: i64) -> String {
    match number {
        1_000_000_000.. => format!("{}G", number / 1_000_000_000),
        1_000_000.. => format!("{}M", number / 1_000_000),
        1_000.. => format!("{}k", number / 1_000),
        _ => number.to_string(),
    }
}

/// A path for each series, whose bars stand on those of the series before.
pub(super) fn stacked(series: &[&[i64]], top: i64) -> Vec<String> {
    let count = series.first().map_or(0, |counts| counts.len());
    let mut ground = vec![100.0; count];
    let path = |counts: &&[i64]| {
        let mut path = String::new();
        for (part, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let height = height(*count, top);
            stroke(&mut path, part, ground[part], height);
            ground[part] -= height;
        }
        path
    };
    series.iter().map(path).collect()
}

/// The path of a lane of its own, the highest bar of which fills it.
pub(super) fn strokes(counts: &[i64]) -> String {
    let highest = counts.iter().copied().max().unwrap_or(0).max(1);
    let mut path = String::new();
    for (part, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // The square root: one beside a thousand is still seen.
        let height = (*count as f64 / highest as f64).sqrt() * 100.0;
        stroke(&mut path, part, 100.0, height.max(12.0));
    }
    path
}

fn height(count: i64, top: i64) -> f64 {
    (count as f64 / top as f64 * FULL).max(LEAST)
}

fn stroke(path: &mut String, part: usize, ground: f64, height: f64) {
    write!(path, "M{} {ground:.1}v-{height:.1}", part * 10 + 5).expect("memory");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_chart_is_a_round_number_with_a_whole_half() {
        for (highest, top) in [(0, 2), (3, 4), (5, 10), (11, 20), (39, 40), (401, 1_000)] {
            assert_eq!(round_up(highest), top);
        }
    }

    #[test]
    fn round_numbers_are_short() {
        let numbers = [2, 400, 1_000, 20_000, 4_000_000, 10_000_000_000];
        assert_eq!(numbers.map(short), ["2", "400", "1k", "20k", "4M", "10G"]);
    }

    #[test]
    fn bars_stand_on_each_other() {
        let paths = stacked(&[&[50, 0], &[25, 100]], 100);
        assert_eq!(paths[0], "M5 100.0v-49.0");
        assert_eq!(paths[1], "M5 51.0v-24.5M15 100.0v-98.0");
    }

    #[test]
    fn one_beside_many_is_seen() {
        assert_eq!(strokes(&[0, 1, 10_000]), "M15 100.0v-12.0M25 100.0v-100.0");
    }
}
