//! The end of the process: within a container's grace of ten seconds, whatever hangs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::DRAIN;
use crate::http::places::Places;
use crate::verify::UsageBuffer;

/// How long stopping may take. Requests have eight seconds of it, and usage has what they leave.
const MOST: Duration = Duration::from_millis(9_500);
/// So long before the server drops requests, they are counted.
const BEFORE: Duration = Duration::from_millis(50);

/// What is lost if the process ends now.
#[derive(Clone)]
pub struct Unfinished {
    requests: Places,
    usage: Arc<UsageBuffer>,
    /// How many requests were left when their time was over. The server drops them then.
    cut: Arc<AtomicUsize>,
}

impl Unfinished {
    /// `requests` are the places of those that wait for an answer.
    pub fn new(requests: Places, usage: Arc<UsageBuffer>) -> Self {
        Unfinished {
            requests,
            usage,
            cut: Arc::default(),
        }
    }

    /// Logs what is lost, if anything is. Returns whether it was.
    pub fn report(&self) -> bool {
        let lost = Lost {
            requests: self.cut.load(Ordering::Relaxed),
            usage: self.usage.unwritten(),
        };
        let is_lost = lost.requests > 0 || lost.usage > 0;
        if is_lost {
            tracing::error!("{lost}");
        }
        is_lost
    }

    /// Ends the process if it is still there after [`MOST`]: a database that hangs can hold threads
    /// for minutes. The exit code is 1 if something was lost.
    pub(super) fn end_in_time(self) {
        thread::spawn(move || {
            let drained = DRAIN.saturating_sub(BEFORE);
            thread::sleep(drained);
            self.cut.store(self.requests.in_use(), Ordering::Relaxed);
            thread::sleep(MOST.saturating_sub(drained));
            tracing::warn!("stopping takes too long, so it ends here");
            std::process::exit(self.report().into());
        });
    }
}

#[derive(Debug)]
struct Lost {
    requests: usize,
    usage: u64,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.requests {
            0 => {}
            1 => f.write_str("1 request was cut off, and what it changes may be in force. ")?,
            n => write!(
                f,
                "{n} requests were cut off, and what they change may be in force. "
            )?,
        }
        match self.usage {
            0 => Ok(()),
            1 => f.write_str("The usage of 1 verification was not written."),
            n => write!(f, "The usage of up to {n} verifications was not written."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_told_in_numbers() {
        let lost = |requests, usage| Lost { requests, usage }.to_string();
        assert_eq!(
            lost(1, 0),
            "1 request was cut off, and what it changes may be in force. "
        );
        assert_eq!(
            lost(2, 30),
            "2 requests were cut off, and what they change may be in force. The usage of up to \
             30 verifications was not written."
        );
    }
}
