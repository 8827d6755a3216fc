//! The management API at 100,000 keys on SQLite: reads, writes, and a walk through every page.
//!
//! `cargo bench --bench api` prints milliseconds per call as a client on the same machine sees
//! them, so a little more than the server takes, and then the time per page along the walk.
//! `KEYWARD_BENCH_KEYS=1000` chooses another size.

#[allow(dead_code)]
#[path = "../../tests/it/app/mod.rs"]
mod app;
#[allow(dead_code)]
#[path = "../console/seed.rs"]
mod seed;

use std::time::Instant;

use app::{Answer, Api, PASSWORD, Settings, TestApp, TestDatabase};
use reqwest::Method;
use serde_json::{Value, json};

/// How often each call is made.
const CALLS: usize = 200;
/// How many parts the walk is reported in.
const PARTS: usize = 10;

fn main() {
    let size = std::env::var("KEYWARD_BENCH_KEYS").unwrap_or("100000".into());
    let size: u32 = size.parse().expect("a number");
    let folder = tempfile::tempdir().expect("a folder");
    // A copy, because the calls write to it.
    let database = folder.path().join("keys.db");
    std::fs::copy(seed::database(size), &database).expect("room for a copy");
    let settings = Settings {
        database_url: Some(format!("sqlite:{}", database.display())),
        ..Settings::default()
    };
    let app = TestApp::start_on(TestDatabase::on_sqlite(), settings);
    let api = signed_in(&app);
    let middle = i64::from(size) / 2;
    println!("{size} keys\n\n| read | median ms | 99th ms |\n|---|---|---|");
    for (name, path) in [
        ("first page of 50", "/keys".to_owned()),
        ("first page of 200", "/keys?limit=200".to_owned()),
        ("by name", "/keys?sort=name".to_owned()),
        ("by word", "/keys?q=team77".to_owned()),
        ("by state", "/keys?state=dormant".to_owned()),
        (
            "by environment and scope",
            "/keys?environment=live&scope=read:assets".to_owned(),
        ),
        (
            "created lately",
            "/keys?created_after=2020-01-01T00:00:00Z".to_owned(),
        ),
        ("one key", format!("/keys/{middle}")),
        ("its state", format!("/keys/{middle}/state")),
        ("its usage", format!("/keys/{middle}/usage")),
        ("projects", "/projects".to_owned()),
        ("scopes", "/projects/default/scopes".to_owned()),
        ("audit log", "/audit".to_owned()),
    ] {
        report(name, |_| call(&api, Method::GET, &path, None));
    }
    println!("\n| write | median ms | 99th ms |\n|---|---|---|");
    report("create a key", |turn| {
        let body = json!({"name": format!("Bench {turn}"), "scopes": ["read:assets"]});
        call(&api, Method::POST, "/keys", Some(body))
    });
    let made = i64::from(size) + 1;
    report("edit a key", |turn| {
        let body = json!({"name": format!("Edited {turn}")});
        call(&api, Method::PATCH, &format!("/keys/{made}"), Some(body))
    });
    report("rotate a key", |turn| {
        let path = format!("/keys/{}/rotation", made + turn as i64);
        call(&api, Method::POST, &path, Some(json!({})))
    });
    report("revoke a key", |turn| {
        call(
            &api,
            Method::DELETE,
            &format!("/keys/{}", made + turn as i64),
            None,
        )
    });
    println!("\n| nothing to change | median ms | 99th ms |\n|---|---|---|");
    let edited = format!("/keys/{}", made + CALLS as i64 + 1);
    report("edit a key to what it is", |_| {
        call(&api, Method::PATCH, &edited, Some(json!({})))
    });
    report("edit a key wrongly", |_| {
        let body = json!({"scopes": ["no:such-scope"]});
        refused(&api, Method::PATCH, &edited, Some(body))
    });
    report("rotate a key again", |turn| {
        let path = format!("/keys/{}/rotation", made + turn as i64);
        refused(&api, Method::POST, &path, Some(json!({})))
    });
    report("revoke a key again", |turn| {
        let path = format!("/keys/{}", made + turn as i64);
        call(&api, Method::DELETE, &path, None)
    });
    walk(&api);
}

/// A program of the owner's, signed in.
fn signed_in(app: &TestApp) -> Api {
    let body = json!({"email": "owner@example.com", "password": PASSWORD});
    let nobody = Api::new(&app.url, "");
    let session = nobody.send(Method::POST, "/session", Some(&body), &[]);
    Api::new(
        &app.url,
        session.json()["data"]["token"].as_str().expect("a token"),
    )
}

fn call(api: &Api, method: Method, path: &str, body: Option<Value>) -> Answer {
    let answer = api.send(method, path, body.as_ref(), &[]);
    assert!(answer.status < 300, "{path}: {}", answer.body);
    answer
}

fn refused(api: &Api, method: Method, path: &str, body: Option<Value>) -> Answer {
    let answer = api.send(method, path, body.as_ref(), &[]);
    assert!(
        matches!(answer.status, 409 | 422),
        "{path}: {}",
        answer.body
    );
    answer
}

fn report(name: &str, call: impl Fn(usize) -> Answer) {
    let mut took: Vec<f64> = (0..CALLS)
        .map(|turn| {
            let started = Instant::now();
            call(turn);
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took.sort_by(f64::total_cmp);
    let (median, late) = (took[CALLS / 2], took[CALLS * 99 / 100]);
    println!("| {name} | {median:.2} | {late:.2} |");
}

/// Every page of the list, by its cursors.
fn walk(api: &Api) {
    let (mut took, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/keys?limit=200&sort=name{after}");
        let started = Instant::now();
        let page = call(api, Method::GET, &path, None);
        took.push(started.elapsed().as_secs_f64() * 1e3);
        match page.json()["supplemental"]["pagination"]["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let part = took.len().div_ceil(PARTS);
    let median = |pages: &[f64]| {
        let mut pages = pages.to_vec();
        pages.sort_by(f64::total_cmp);
        pages[pages.len() / 2]
    };
    let first = median(&took[..part]);
    println!("\n| pages of 200, by name | median ms | against the first |\n|---|---|---|");
    for (number, pages) in took.chunks(part).enumerate() {
        let (start, own) = (number * part, median(pages));
        println!(
            "| {start} to {} | {own:.2} | {:.2} |",
            start + pages.len(),
            own / first
        );
    }
}
