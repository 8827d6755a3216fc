//! Keyward's `/verify` against a bare actix-web handler, as two processes on loopback, driven
//! in turns by the same load: prints ratios as a table for the README.
//!
//! `cargo bench --bench verify_http`; `KEYWARD_BENCH_KEYS=1000` chooses the sizes,
//! `KEYWARD_BENCH_SECONDS` how long each turn lasts.

#[allow(dead_code)]
#[path = "../../tests/it/app.rs"]
mod app;
mod load;
mod seed;
mod servers;

use std::sync::Arc;
use std::time::Duration;

use load::{Load, Measured, Requests};
use servers::Server;

/// How often each pair is measured; the median counts.
const TURNS: usize = 5;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("bare") {
        return servers::serve_bare();
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seconds: f64 = number("KEYWARD_BENCH_SECONDS").unwrap_or(2.0);
    let time = Duration::from_secs_f64(seconds);
    let (_, few) = seed::database(1_000);
    let (path, _) = seed::database(1_000);
    let bare = Server::bare();
    let keyward = Server::keyward(&path);
    std::thread::sleep(Duration::from_secs(1));
    let requests = requests(&few);
    for connections in [1, 16, 64, 256] {
        let load = Load {
            connections,
            time,
            rate: None,
            status: "200",
        };
        let ratio = compare((&keyward, &requests), (&bare, &requests), &load);
        println!("{connections} connections: {ratio}");
    }
}

fn requests(secrets: &[String]) -> Requests {
    let written = secrets.iter().map(|secret| {
        format!("GET /verify HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nX-API-Key: {secret}\r\n\r\n")
            .into_bytes()
    });
    Arc::new(written.collect())
}

/// What one side measured in one turn.
struct Turn {
    measured: Measured,
    processor_time_per_request: f64,
}

/// The median of each figure, of the first side over the second.
struct Ratio {
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
            "throughput {:.2}, processor time {:.2}, p50 {:.2}, p99 {:.2} ({:.0}/s)",
            self.throughput, self.processor_time, self.p50, self.p99, self.requests_per_second
        )
    }
}

fn turn(server: &Server, requests: &Requests, load: &Load) -> Turn {
    let before = server.processor_time();
    let measured = load::run(server.address, requests, load);
    let spent = server.processor_time() - before;
    let count = measured.requests_per_second * load.time.as_secs_f64();
    Turn {
        processor_time_per_request: spent.as_secs_f64() / count,
        measured,
    }
}

fn compare(one: (&Server, &Requests), other: (&Server, &Requests), load: &Load) -> Ratio {
    let pairs: Vec<(Turn, Turn)> = (0..TURNS)
        .map(|_| (turn(one.0, one.1, load), turn(other.0, other.1, load)))
        .collect();
    let median = |figure: &dyn Fn(&Turn) -> f64| {
        let mut ratios: Vec<f64> = pairs
            .iter()
            .map(|(one, other)| figure(one) / figure(other))
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios[TURNS / 2]
    };
    Ratio {
        throughput: median(&|turn| turn.measured.requests_per_second),
        processor_time: median(&|turn| turn.processor_time_per_request),
        p50: median(&|turn| turn.measured.p50.as_secs_f64()),
        p99: median(&|turn| turn.measured.p99.as_secs_f64()),
        requests_per_second: pairs[0].0.measured.requests_per_second,
    }
}
