//! The small chart of a key's last 30 days in a list: a bar for each day, and refusals in a lane of
//! their own below.

use std::fmt::Write;

use super::times::{grouped, plural};
use crate::domain::keys::{TRAFFIC_DAYS, Traffic};

/// How wide a day is, in units of the SVG.
const STEP: usize = 3;
/// How high the highest bars of both lanes are, and where these meet.
const HIGH: i64 = 9;
const LOW: i64 = 3;
const GROUND: i64 = 9;

/// The small chart as SVG paths, and in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Spark {
    /// The area of what passed.
    pub passed: String,
    /// The area of what was refused; empty if nothing was.
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
            passed: steps(&traffic.passed, GROUND, -HIGH),
            refused: steps(&traffic.refused, GROUND + 1, LOW),
            words: format!(
                "{} passed, {} refused in {}",
                grouped(passed),
                grouped(refused),
                plural(i64::try_from(TRAFFIC_DAYS).unwrap_or(i64::MAX), "day")
            ),
        })
    }
}

/// An area from `ground` on with a step for each day, the highest `full` units. No day that has
/// something is lower than one unit. Empty if no day has anything.
fn steps(days: &[i64], ground: i64, full: i64) -> String {
    let highest = days.iter().copied().max().unwrap_or(0);
    if highest == 0 {
        return String::new();
    }
    let end = |count: i64| match count {
        0 => ground,
        count => ground + (count.saturating_mul(full.abs()) / highest).max(1) * full.signum(),
    };
    let mut path = format!("M0 {ground}");
    // Days of the same height are one step: fifty rows should be a small page.
    for same in days.chunk_by(|one, next| end(*one) == end(*next)) {
        write!(path, "V{}h{}", end(same[0]), same.len() * STEP).expect("memory");
    }
    write!(path, "V{ground}").expect("memory");
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
        assert_eq!(spark.passed, "M0 9V0h3V5h3V9h84V9");
        assert_eq!(spark.refused, "M0 10V10h87V13h3V10");
        assert_eq!(spark.words, "150,000 passed, 1 refused in 30 days");
        assert_eq!(Spark::new(&Traffic::default()), None);
    }
}
