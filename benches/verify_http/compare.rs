//! Two servers under the same load in turns, and the ratios of what was measured.

use crate::load::{self, Load, Measured, Requests, Target};
use crate::servers::Server;

/// How often each pair is measured; the median of each figure's ratios counts.
const TURNS: usize = 5;

/// A server, what it is asked, and the status it must answer with.
#[derive(Clone)]
pub struct Side<'a> {
    server: &'a Server,
    target: Target,
    requests: &'a Requests,
    status: &'static str,
    prepare: Option<&'a dyn Fn()>,
}

impl<'a> Side<'a> {
    /// `server`, asked these requests in turn.
    pub fn new(server: &'a Server, requests: &'a Requests, status: &'static str) -> Self {
        Side {
            server,
            target: Target::Tcp(server.address),
            requests,
            status,
            prepare: None,
        }
    }

    /// The same, asked these requests.
    pub fn asked(&self, requests: &'a Requests) -> Self {
        Side {
            requests,
            ..self.clone()
        }
    }

    /// The same, over the server's unix socket.
    pub fn over_socket(&self) -> Self {
        Side {
            target: Target::Unix(self.server.socket()),
            ..self.clone()
        }
    }

    /// The same, with something to be done before each turn.
    pub fn before(&self, prepare: &'a dyn Fn()) -> Self {
        Side {
            prepare: Some(prepare),
            ..self.clone()
        }
    }

    fn turn(&self, load: &Load) -> Turn {
        if let Some(prepare) = self.prepare {
            prepare();
        }
        let before = self.server.processor_time();
        let measured = load::run(&self.target, self.requests, load, self.status);
        let spent = self.server.processor_time() - before;
        Turn {
            processor_time_per_request: spent.as_secs_f64() / measured.requests as f64,
            measured,
        }
    }
}

/// What one side measured in one turn.
struct Turn {
    measured: Measured,
    processor_time_per_request: f64,
}

/// The figures of one side divided by those of another.
pub struct Ratio {
    throughput: f64,
    processor_time: f64,
    p50: f64,
    p99: f64,
    requests_per_second: f64,
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "throughput {:.2}, processor time {:.2}, p50 {:.2}, p99 {:.2} ({:.0} a second)",
            self.throughput, self.processor_time, self.p50, self.p99, self.requests_per_second
        )
    }
}

/// Measures both sides in turns.
pub fn compare(one: &Side, other: &Side, load: &Load) -> Ratio {
    let pairs: Vec<(Turn, Turn)> = (0..TURNS)
        .map(|_| (one.turn(load), other.turn(load)))
        .collect();
    let median = |mut figures: Vec<f64>| {
        figures.sort_unstable_by(f64::total_cmp);
        figures[TURNS / 2]
    };
    let ratio = |figure: &dyn Fn(&Turn) -> f64| {
        median(
            pairs
                .iter()
                .map(|(one, other)| figure(one) / figure(other))
                .collect(),
        )
    };
    Ratio {
        throughput: ratio(&|turn| turn.measured.requests_per_second),
        processor_time: ratio(&|turn| turn.processor_time_per_request),
        p50: ratio(&|turn| turn.measured.p50.as_secs_f64()),
        p99: ratio(&|turn| turn.measured.p99.as_secs_f64()),
        requests_per_second: median(
            pairs
                .iter()
                .map(|(one, _)| one.measured.requests_per_second)
                .collect(),
        ),
    }
}
