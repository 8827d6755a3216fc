//! The small chart of a key's last 30 days in a list: a bar for each day, and refusals in a lane of
//! their own below.

use std::fmt::Write;

use super::times::{grouped, plural};
use crate::domain::keys::{TRAFFIC_DAYS, Traffic};

/// How wide a day is, in units of the SVG.
const STEP: usize = 3;
/// How high the highest bars of both lanes are, and where these meet.
const HIGH: i64 = 14;
const LOW: i64 = 4;
const GROUND: i64 = 15;

/// The small chart as SVG paths, and in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Spark {
    /// The area of what passed.
    pub passed: String,
    /// The strokes of what was refused.
    pub refused: String,
    /// "1,204 passed, 3 refused in 30 days".
    pub words: String,
}

impl Spark {
    /// The chart of `traffic`; `None` if there was none.
    pub fn new(traffic: &Traffic) -> Option<Self> {
        let passed: i64 = traffic.passed.iter().sum();
        let refused: i64 = traffic.refused.iter().sum();
        (passed + refused > 0).then(|| Spark {
            passed: steps(&traffic.passed),
            refused: strokes(&traffic.refused, GROUND + 1, LOW),
            words: format!(
                "{} passed, {} refused in {}",
                grouped(passed),
                grouped(refused),
                plural(i64::try_from(TRAFFIC_DAYS).unwrap_or(i64::MAX), "day")
            ),
        })
    }
}

/// An area with a step for each day, the highest [`HIGH`]. No day that has something is lower than
/// one unit.
fn steps(days: &[i64]) -> String {
    let highest = days.iter().copied().max().unwrap_or(0).max(1);
    let height = |count: i64| match count {
        0 => 0,
        count => (count.saturating_mul(HIGH) / highest).max(1),
    };
    let mut path = format!("M0 {GROUND}");
    // Days of the same height are one step: fifty rows should be a small page.
    for same in days.chunk_by(|one, next| height(*one) == height(*next)) {
        let (y, width) = (GROUND - height(same[0]), same.len() * STEP);
        write!(path, "V{y}h{width}").expect("memory");
    }
    write!(path, "V{GROUND}").expect("memory");
    path
}

/// A stroke for each day that has something, from `ground` on, the longest `full` long. None is
/// shorter than one unit.
fn strokes(days: &[i64], ground: i64, full: i64) -> String {
    let highest = days.iter().copied().max().unwrap_or(0).max(1);
    let mut path = String::new();
    for (day, count) in days.iter().enumerate().filter(|(_, count)| **count > 0) {
        let length = (count.saturating_mul(full.abs()) / highest).max(1) * full.signum();
        write!(path, "M{} {ground}v{length}", day * STEP + 1).expect("memory");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_refusal_beside_many_passes_is_seen() {
        let mut traffic = Traffic::default();
        traffic.passed[0] = 100_000;
        traffic.passed[1] = 50_000;
        traffic.refused[29] = 1;
        let spark = Spark::new(&traffic).unwrap();
        assert_eq!(spark.passed, "M0 15V1h3V8h3V15h84V15");
        assert_eq!(spark.refused, "M88 16v4");
        assert_eq!(spark.words, "150,000 passed, 1 refused in 30 days");
        assert_eq!(Spark::new(&Traffic::default()), None);
    }
}
