//! The audit log with 10 thousand and with 10 million entries: pages with filters, appending, and
//! verifying.
//!
//! `cargo bench --bench audit` prints Criterion's figures, and then ratios to the smaller log and how
//! many entries a second are verified. `KEYWARD_BENCH_ENTRIES=10000,1000000` chooses the sizes.

#[allow(dead_code)]
#[path = "../../tests/it/app/mod.rs"]
mod app;
mod seed;

use std::path::Path;
use std::time::Instant;

use criterion::Criterion;
use keyward::access::Actor;
use keyward::clock::Clock;
use keyward::db::connection::DatabaseUrl;
use keyward::db::{NewEntry, note};
use keyward::domain::audit::chain::{Verdict, verify_database};

use crate::app::{Browser, Settings, TestApp, TestDatabase};

/// Pages as a person asks for them, by name.
const PAGES: [(&str, &str); 14] = [
    ("newest", "/audit"),
    ("everything", "/audit?action=all"),
    ("changes", "/audit?action=changes"),
    ("a rare action", "/audit?action=project.archived"),
    ("an actor", "/audit?actor=person7@example.com"),
    ("a project", "/audit?project=default"),
    (
        "a rare action in a project",
        "/audit?project=default&action=key.rotated",
    ),
    ("a key", "/audit?key=4711"),
    ("an address", "/audit?address=10.0.3.7"),
    ("a rare word", "/audit?q=service-4711"),
    ("a common word", "/audit?q=service"),
    ("a day long ago", "/audit?from=2026-01-10&until=2026-01-10"),
    (
        "an actor on a day",
        "/audit?actor=person7@example.com&from=2026-01-10&until=2026-01-10&action=all",
    ),
    ("an entry", "/audit/5000"),
];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2))
        .configure_from_args();
    let sizes = std::env::var("KEYWARD_BENCH_ENTRIES").unwrap_or("10000,10000000".into());
    let sizes: Vec<u32> = sizes
        .split(',')
        .map(|size| size.parse().expect("a number"))
        .collect();
    for size in &sizes {
        let database = seed::database(*size);
        verify(&database);
        append(&mut criterion, *size, &database);
        pages(&mut criterion, *size, &database);
    }
    criterion.final_summary();
    print_ratios(&sizes);
}

/// How many entries a second are verified, with a thread for each processor.
fn verify(database: &Path) {
    let url = DatabaseUrl::Sqlite(database.display().to_string());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let connections = (0..threads).map(|_| url.open().expect("a database of ours"));
    let began = Instant::now();
    let verdict = verify_database(connections.collect(), None, None, |_, _| ());
    let Ok(Verdict::Intact(verified)) = verdict else {
        panic!("{verdict:?}");
    };
    let seconds = began.elapsed().as_secs_f64();
    let entries = verified.entries as f64;
    println!(
        "verified {entries} entries in {seconds:.2} s: {:.0} a second",
        entries / seconds
    );
}

/// An entry more, on a copy of nothing: the database keeps it.
fn append(criterion: &mut Criterion, size: u32, database: &Path) {
    let url = DatabaseUrl::Sqlite(database.display().to_string());
    let mut conn = url.open().expect("a database of ours");
    let mut group = criterion.benchmark_group(format!("audit {size}"));
    let (actor, clock) = (Actor::command_line(), Clock::default());
    group.bench_function("append", |b| {
        b.iter(|| {
            let entry = NewEntry::new(&actor, clock.now(), "key.edited", "service-4711");
            note(&mut conn, entry).expect("a log that can be written");
        });
    });
    group.finish();
}

fn pages(criterion: &mut Criterion, size: u32, database: &Path) {
    let app = TestApp::start_on(TestDatabase::of_file(database), Settings::default());
    let owner: Browser = app.owner();
    let mut group = criterion.benchmark_group(format!("audit {size}"));
    for (name, path) in PAGES {
        group.bench_function(name, |b| {
            b.iter(|| assert_eq!(owner.get(path).status, 200, "{path}"));
        });
    }
    group.finish();
}

/// The median that Criterion measured, in nanoseconds.
fn median(size: u32, name: &str) -> Option<f64> {
    let name = name.replace([' ', ','], "_").replace("__", "_");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let names = [name.clone(), name.replace('_', " ")];
    names.iter().find_map(|name| {
        let path = format!("criterion/audit {size}/{name}/new/estimates.json");
        let text = std::fs::read_to_string(folder.join(path)).ok()?;
        let found: serde_json::Value = serde_json::from_str(&text).ok()?;
        found["median"]["point_estimate"].as_f64()
    })
}

fn print_ratios(sizes: &[u32]) {
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else {
        return;
    };
    println!("\n{last} entries, and against {first}:");
    let names = PAGES.iter().map(|(name, _)| *name);
    for name in std::iter::once("append").chain(names) {
        if let (Some(few), Some(many)) = (median(*first, name), median(*last, name)) {
            println!("{name:>28}: {:.2} ms, {:.2} x", many / 1e6, many / few);
        }
    }
}
