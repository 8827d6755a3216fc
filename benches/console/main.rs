//! The verdict, list queries and whole pages, with 1 thousand, 100 thousand and 1 million keys.
//!
//! `cargo bench --bench console` prints Criterion's figures and then ratios: to the same with
//! 1 thousand keys, and of page 2,000 to page 1. `KEYWARD_BENCH_KEYS=1000,100000` chooses the
//! sizes.

#[allow(dead_code)]
#[path = "../../tests/it/app/mod.rs"]
mod app;
mod seed;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::Criterion;
use keyward::access::{Actor, Origin};
use keyward::clock::{Clock, UtcTime};
use keyward::db::AnyConnection;
use keyward::db::connection::DatabaseUrl;
use keyward::db::key_list::{self, Found, KeyFilter, Order, Seek, SortBy, SortValue};
use keyward::domain::passwords::Password;
use keyward::domain::{Op, account};
use keyward::records::{KeyState, Role, StateFilter};
use keyward::startup;
use keyward_key::scope::Granted;
use keyward_key::verdict::{Presented, Requirement, decide};
use keyward_key::{Environment, KeyDigest, KeyFormat, format};

use crate::app::{Browser, Settings, TestApp, TestDatabase};

const PAGE: i64 = 51;
const FIND: &str = "find a key";

/// Pages as a person asks for them, by name.
const PAGES: [(&str, &str); 16] = [
    ("first page", "/projects/default/keys"),
    ("rare word", "/projects/default/keys?q=team77"),
    ("common word", "/projects/default/keys?q=service"),
    (
        "common word and state",
        "/projects/default/keys?q=service&state=expiring",
    ),
    (
        "word, environment and scope",
        "/projects/default/keys?q=team77&environment=live&scope=read:assets",
    ),
    ("no match", "/projects/default/keys?q=nothinglikeit"),
    ("revoked", "/projects/default/keys?state=revoked"),
    ("dormant", "/projects/default/keys?state=dormant"),
    ("still tried", "/projects/default/keys?state=tried"),
    ("needs attention", "/projects/default/keys?state=attention"),
    (
        "expired, by label",
        "/projects/default/keys?state=expired&sort=label",
    ),
    ("one key", "/projects/default/keys/300"),
    ("overview", "/"),
    ("overview of a project", "/projects/default"),
    ("usage", "/projects/default/usage"),
    ("keys of all projects", "/keys"),
];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2))
        .configure_from_args();
    verdict(&mut criterion);
    refused_sign_in(&mut criterion);
    let sizes = std::env::var("KEYWARD_BENCH_KEYS").unwrap_or("1000,100000,1000000".into());
    let sizes: Vec<u32> = sizes
        .split(',')
        .map(|size| size.parse().expect("a number"))
        .collect();
    for size in &sizes {
        let database = seed::database(*size);
        queries(&mut criterion, *size, &database);
        pages(&mut criterion, &size.to_string(), &database);
    }
    let projects = seed::projects();
    pages(&mut criterion, "of 300 projects", &projects);
    criterion.final_summary();
    print_ratios(&sizes);
}

/// What a verification computes, without reading anything.
fn verdict(criterion: &mut Criterion) {
    let format = KeyFormat {
        start: "mk".into(),
        environment_segment: true,
    };
    let secret = format.generate(Environment::Live).expect("randomness");
    let scopes = ["read:assets", "write:assets"];
    let granted = Granted::resolve(scopes.into_iter(), &Arc::default());
    let key = Presented {
        project: "default",
        environment: Environment::Live,
        granted: &granted,
        allowed_ips: &[],
        expired: false,
        revoked: false,
    };
    let required = Requirement {
        scopes: vec!["write:assets".into()],
        ..Requirement::default()
    };
    let mut group = criterion.benchmark_group("verdict");
    group.bench_function("shape and checksum", |b| {
        b.iter(|| format::is_well_formed(black_box(secret.expose())));
    });
    group.bench_function("digest", |b| {
        b.iter(|| KeyDigest::of(black_box(secret.expose())))
    });
    group.bench_function("decision", |b| {
        b.iter(|| decide(black_box(&key), &required, None))
    });
    group.finish();
}

/// Refusing a sign-in must take the same time whether or not there is such a person.
fn refused_sign_in(criterion: &mut Criterion) {
    let database = TestDatabase::on_sqlite();
    let url = DatabaseUrl::parse(&database.url).expect("a URL");
    let mut conn = startup::open_up_to_date(&url).expect("a new database");
    app::add_person(&mut conn, "owner@example.com", Role::Owner, None);
    let password = Password::new("not the right one".into());
    let nobody = Actor::nobody(Origin::default());
    let mut group = criterion.benchmark_group("refused sign-in");
    for (name, email) in [
        ("known", "owner@example.com"),
        ("unknown", "nobody@example.com"),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let now = Clock::default().now();
                let mut op = Op::new(&mut conn, &nobody, now);
                account::sign_in(&mut op, email, &password).expect("an answer")
            });
        });
    }
    group.finish();
}

/// List queries alone.
fn queries(criterion: &mut Criterion, size: u32, database: &Path) {
    let mut conn = DatabaseUrl::Sqlite(database.display().to_string())
        .open()
        .expect("it is there");
    let now = Clock::default().now();
    let mut group = criterion.benchmark_group(format!("query {size}"));
    let filter = KeyFilter {
        project_id: 1,
        ..KeyFilter::default()
    };
    let found = key_list::find(&mut conn, &filter, now).expect("a count");
    for (name, by) in [("created", SortBy::Created), ("label", SortBy::Label)] {
        let order = Order {
            by,
            descending: by == SortBy::Created,
        };
        group.bench_function(format!("page 1 by {name}"), |b| {
            b.iter(|| page(&mut conn, &found, order, None, now));
        });
        if let Some(seek) = deep_page(&mut conn, size, by) {
            group.bench_function(format!("deep page by {name}"), |b| {
                b.iter(|| page(&mut conn, &found, order, Some(&seek), now));
            });
        }
    }
    for state in [KeyState::Expiring, KeyState::Dormant] {
        let filter = KeyFilter {
            state: Some(StateFilter::In(state)),
            ..filter.clone()
        };
        group.bench_function(format!("count of {}", state.as_str()), |b| {
            b.iter(|| key_list::count(&mut conn, &filter, now).expect("a count"));
        });
    }
    group.finish();
}

fn page(
    conn: &mut AnyConnection,
    found: &Found,
    order: Order,
    seek: Option<&Seek>,
    now: UtcTime,
) -> usize {
    key_list::page(conn, found, order, seek, 0, PAGE, now)
        .expect("a page")
        .len()
}

/// Where page 2,000 by creation begins, if there are that many; by label, a page deep inside.
fn deep_page(conn: &mut AnyConnection, size: u32, by: SortBy) -> Option<Seek> {
    let position = 1_999 * (PAGE - 1);
    let id = i64::from(size) - position;
    if id < 2 {
        return None;
    }
    let key = keyward::db::keys::by_id(conn, 1, id).expect("a read")?;
    let value = match by {
        SortBy::Label => SortValue::Text(key.label.to_lowercase()),
        _ => SortValue::Id,
    };
    Some(Seek {
        value,
        id,
        backwards: false,
    })
}

/// Whole pages over HTTP: session, query, rendering, loopback.
fn pages(criterion: &mut Criterion, of: &str, database: &Path) {
    let settings = Settings {
        database_url: Some(format!("sqlite:{}", database.display())),
        ..Settings::default()
    };
    let app = TestApp::start_on(TestDatabase::on_sqlite(), settings);
    let owner: Browser = app.owner();
    let mut group = criterion.benchmark_group(format!("page {of}"));
    for (name, path) in PAGES {
        assert_eq!(owner.get(path).status, 200, "{path}");
        group.bench_function(name, |b| b.iter(|| owner.get(path).body.len()));
    }
    let sought = [("text", "service 77")];
    assert_eq!(owner.post("/find", &sought).status, 200);
    group.bench_function(FIND, |b| b.iter(|| owner.post("/find", &sought).body.len()));
    group.finish();
}

/// The median in nanoseconds that Criterion wrote down.
fn median(group: &str, name: &str) -> Option<f64> {
    let name = name.replace(['/', '\\', '"', '?', '<', '>', '|', '*', ':', '^'], "_");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let path = target
        .join("criterion")
        .join(group)
        .join(name)
        .join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

fn page_names() -> impl Iterator<Item = &'static str> {
    PAGES.into_iter().map(|(name, _)| name).chain([FIND])
}

fn print_ratios(sizes: &[u32]) {
    let milliseconds =
        |nanos: Option<f64>| nanos.map_or(String::new(), |n| format!("{:.2}", n / 1e6));
    let ratio = |a: Option<f64>, b: Option<f64>| {
        a.zip(b)
            .map_or(String::new(), |(a, b)| format!("{:.2}", a / b))
    };
    println!(
        "\n| whole page | keys | ms | against {} keys |\n|---|---|---|---|",
        sizes[0]
    );
    for name in page_names() {
        let first = median(&format!("page {}", sizes[0]), name);
        for size in sizes {
            let own = median(&format!("page {size}"), name);
            println!(
                "| {name} | {size} | {} | {} |",
                milliseconds(own),
                ratio(own, first)
            );
        }
    }
    println!("\n| whole page, 300 projects | ms | against 1 project |\n|---|---|---|");
    for name in page_names() {
        let first = median(&format!("page {}", sizes[0]), name);
        let own = median("page of 300 projects", name);
        println!("| {name} | {} | {} |", milliseconds(own), ratio(own, first));
    }
    println!("\n| query | keys | ms | page 2,000 ms | against page 1 |\n|---|---|---|---|---|");
    for size in sizes {
        for by in ["created", "label"] {
            let group = format!("query {size}");
            let one = median(&group, &format!("page 1 by {by}"));
            let later = median(&group, &format!("deep page by {by}"));
            let (ms, later_ms) = (milliseconds(one), milliseconds(later));
            println!(
                "| by {by} | {size} | {ms} | {later_ms} | {} |",
                ratio(later, one)
            );
        }
    }
}
