//! What the log says while the database is away: when that begins, once a minute while it lasts,
//! and when it is over. Everybody who meets a failing database reports it here, so that an outage
//! is a few lines, however many threads and requests it stops.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connection::first_line;

/// How often a lasting outage is logged.
const AGAIN: Duration = Duration::from_mins(1);
/// An outage is over when the database works and nothing has failed for so long. Connections that
/// come and go are one outage, not many.
const QUIET: Duration = Duration::from_secs(2);

/// A process has one database.
static OUTAGE: Mutex<Outage> = Mutex::new(Outage(None));

/// Reports that the database failed.
pub fn failed(error: &dyn Display) {
    let said = with_outage(|outage| outage.failed(Instant::now()));
    let error = first_line(error);
    match said {
        Some(Said::Begins) => {
            tracing::warn!(
                error,
                "the database is unavailable; until it is back, this is said once a minute"
            );
        }
        Some(Said::Lasts(Lasting { time, failures })) => {
            tracing::warn!(
                seconds = time.as_secs(),
                failures,
                error,
                "the database is still unavailable"
            );
        }
        None => tracing::debug!(error, "the database failed"),
    }
}

/// Reports that the database took a write.
pub fn answered() {
    let said = with_outage(|outage| outage.answered(Instant::now()));
    if let Some(Lasting { time, failures }) = said {
        tracing::warn!(
            seconds = time.as_secs(),
            failures,
            "the database is available again"
        );
    }
}

fn with_outage<T>(f: impl FnOnce(&mut Outage) -> T) -> T {
    f(&mut OUTAGE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The present outage, if there is one.
#[derive(Debug)]
struct Outage(Option<Failing>);

#[derive(Debug)]
struct Failing {
    began: Instant,
    /// When something failed last.
    last: Instant,
    said: Instant,
    failures: u64,
}

/// What is to be logged of a failure.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Begins,
    Lasts(Lasting),
}

#[derive(Debug, PartialEq, Eq)]
struct Lasting {
    time: Duration,
    failures: u64,
}

impl Outage {
    fn failed(&mut self, now: Instant) -> Option<Said> {
        let Some(failing) = &mut self.0 else {
            self.0 = Some(Failing {
                began: now,
                last: now,
                said: now,
                failures: 1,
            });
            return Some(Said::Begins);
        };
        failing.failures += 1;
        failing.last = now;
        if now - failing.said < AGAIN {
            return None;
        }
        failing.said = now;
        Some(Said::Lasts(Lasting {
            time: now - failing.began,
            failures: failing.failures,
        }))
    }

    fn answered(&mut self, now: Instant) -> Option<Lasting> {
        let over = self.0.take_if(|failing| now - failing.last >= QUIET)?;
        Some(Lasting {
            time: over.last - over.began,
            failures: over.failures,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_at_its_beginning_once_a_minute_and_at_its_end() {
        let mut outage = Outage(None);
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(outage.answered(at(0)), None);
        let said: Vec<_> = (0..1_250)
            .filter_map(|tenth| outage.failed(at(tenth * 100)))
            .collect();
        let lasting = |seconds, failures| Lasting {
            time: Duration::from_secs(seconds),
            failures,
        };
        let expected = [
            Said::Begins,
            Said::Lasts(lasting(60, 601)),
            Said::Lasts(lasting(120, 1_201)),
        ];
        assert_eq!(said, expected);
        assert_eq!(outage.answered(at(125_000)), None, "it has just failed");
        let over = outage.answered(at(127_000)).unwrap();
        assert_eq!((over.time.as_secs(), over.failures), (124, 1_250));
        assert_eq!(outage.answered(at(128_000)), None);
        assert_eq!(outage.failed(at(129_000)), Some(Said::Begins));
    }
}
