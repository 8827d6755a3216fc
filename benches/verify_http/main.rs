//! Keyward's `/verify` against bare actix-web handlers, in processes of their own on loopback,
//! driven in turns by the same load: prints ratios as a table for docs/benchmarks.md. One handler
//! gives the same answer, headers and all, as constants; the other 120 constant bytes.
//!
//! `cargo bench --bench verify_http`; `BENCH_SECONDS` says how long each turn lasts.

#[allow(dead_code)]
#[path = "../../tests/it/app/mod.rs"]
mod app;
mod compare;
mod load;
mod nginx;
mod revocation;
mod seed;
mod servers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use compare::{Side, compare};
use keyward_key::Environment;
use load::{Load, Requests, Target};
use nginx::Check;
use servers::Server;

const FEW: u32 = 1_000;
const MANY: u32 = 1_000_000;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("bare") => return servers::serve_bare(false),
        Some("bare-same-answer") => return servers::serve_bare(true),
        _ => {}
    }
    let seconds = std::env::var("BENCH_SECONDS").ok();
    let seconds: f64 = seconds.and_then(|text| text.parse().ok()).unwrap_or(2.0);
    let load = |connections| Load {
        connections,
        time: Duration::from_secs_f64(seconds),
        rate: None,
        is_kept: true,
    };
    println!(
        "On {}:\n\n| what | measured | aim |\n|---|---|---|",
        machine()
    );

    let (few, few_secrets) = seed::database(FEW);
    let (many, many_secrets) = seed::database(MANY);
    let (few_requests, many_requests) = (requests(&few_secrets), requests(&many_secrets));
    let (bare, same) = (Server::bare(), Server::bare_same_answer());
    let (with_few, with_many) = (Server::keyward(&few), Server::keyward(&many));
    let loaded_after = with_many.loaded_after();
    row(
        "start to ready, 1,000,000 keys",
        &format!("{:?}", with_many.ready_after),
        "under 300 ms",
    );
    row(
        "start to all of 1,000,000 keys in memory",
        &format!("{loaded_after:?}"),
        "under 1.5 s",
    );
    row(
        "memory with 1,000,000 keys, before the first request",
        &mib(&with_many),
        "under 200 MiB",
    );

    let bare = Side::new(&bare, &few_requests, "200");
    let same = Side::new(&same, &few_requests, "200");
    let keyward = Side::new(&with_few, &few_requests, "200");
    // A thousand of the million, spread over all of them.
    let some_of_many: Requests = Arc::new(many_requests.iter().step_by(997).cloned().collect());
    let keyward_many = Side::new(&with_many, &some_of_many, "200");
    let all_of_many = Side::new(&with_many, &many_requests, "200");
    let one_of_many: Requests = Arc::new(many_requests[..1].to_vec());
    let one_of_many = Side::new(&with_many, &one_of_many, "200");
    for connections in [1, 16, 64, 256] {
        for (size, keyward) in [("1,000", &keyward), ("1,000,000", &keyward_many)] {
            let ratio = compare(keyward, &same, &load(connections));
            let what = format!("{size} keys, {connections} connections, against the same answer");
            let aim = match connections {
                64 | 256 => "≥ 0.90, ≤ 1.15, p99 ≤ 1.25",
                _ => "–",
            };
            row(&what, &ratio.to_string(), aim);
        }
    }
    for connections in [64, 256] {
        let ratio = compare(&keyward, &bare, &load(connections));
        let what = format!("1,000 keys, {connections} connections, against 120 bytes");
        row(&what, &ratio.to_string(), "≥ 0.90, ≤ 1.15, p99 ≤ 1.25");
    }
    let ratio = compare(&same, &bare, &load(64));
    row(
        "the same answer against 120 bytes, 64 connections",
        &ratio.to_string(),
        "–",
    );
    let ratio = compare(&keyward_many, &keyward, &load(64));
    row(
        "1,000,000 keys against 1,000, 64 connections",
        &ratio.to_string(),
        "≥ 0.97",
    );
    row(
        "memory with 1,000,000 keys, after that",
        &mib(&with_many),
        "under 200 MiB",
    );
    let used: Requests = Arc::new(many_requests[..65_536].to_vec());
    let for_12_seconds = Load {
        time: Duration::from_secs(12),
        ..load(64)
    };
    load::run(
        &Target::Tcp(with_many.address),
        &used,
        &for_12_seconds,
        "200",
    );
    row(
        "memory after 65,536 of them were used for 12 s",
        &mib(&with_many),
        "under 250 MiB",
    );
    let ratio = compare(&all_of_many, &one_of_many, &load(64));
    let what = "1,000,000 keys, each in its turn, 64 connections, against one of them";
    row(what, &ratio.to_string(), "≥ 0.70");
    let ratio = compare(&all_of_many, &same, &load(64));
    let what = "1,000,000 keys, each in its turn, 64 connections, against the same answer";
    row(what, &ratio.to_string(), "–");
    row(
        "memory then, with the usage of all of them",
        &mib(&with_many),
        "–",
    );
    drop(with_many);

    let one = requests(&few_secrets[..1]);
    let ratio = compare(&Side::new(&with_few, &one, "200"), &keyward, &load(64));
    row(
        "one key against 1,000, 64 connections",
        &ratio.to_string(),
        "≥ 0.95",
    );
    let unknown: Vec<String> = (0..FEW).map(|_| unknown_secret()).collect();
    let unknown = requests(&unknown);
    let ratio = compare(&Side::new(&with_few, &unknown, "401"), &keyward, &load(64));
    row(
        "unknown keys against good ones",
        &ratio.to_string(),
        "≥ 0.95",
    );
    for rate in [10_000, 20_000] {
        let paced = Load {
            rate: Some(rate),
            ..load(64)
        };
        let ratio = compare(&keyward, &bare, &paced);
        row(
            &format!("{rate} requests a second, against bare"),
            &ratio.to_string(),
            "p99 ≤ 2",
        );
    }
    let ratio = against_quiet(&with_few, &keyward, &load(64));
    row(
        "while an admin creates, lists and revokes, against quiet",
        &ratio,
        "≥ 0.90, p99 ≤ 1.5",
    );
    row(
        "revocation acknowledged, against the bare commit",
        &revocation::ratio(),
        "≤ 1.5",
    );
    over_a_socket(&keyward, &few_secrets, &load(64));
    let (tcp, socket) = (with_few.address.to_string(), with_few.socket());
    let socket = format!("unix:{}", socket.display());
    let through_nginx =
        |address, other| nginx::ratio(Check::Keyward(address), other, &few_secrets, &load(64));
    for (what, address, other, aim) in [
        (
            "auth_request, against nginx with a map of keys",
            &tcp,
            Check::Map,
            "–",
        ),
        (
            "auth_request, against nginx without a check",
            &tcp,
            Check::None,
            "–",
        ),
        (
            "auth_request over a unix socket, against nginx without a check",
            &socket,
            Check::None,
            "≥ 0.85",
        ),
    ] {
        row(
            &format!("nginx with {what}"),
            &through_nginx(address, other),
            aim,
        );
    }
}

/// The unix socket against TCP, with connections that are kept, and with a new one each time.
fn over_a_socket(keyward: &Side, secrets: &[String], kept: &Load) {
    let ratio = compare(&keyward.over_socket(), keyward, kept);
    row("over a unix socket, against TCP", &ratio.to_string(), "–");
    let last = secrets
        .iter()
        .map(|secret| load::last_request("/verify", secret));
    let last: Requests = Arc::new(last.collect());
    let each_anew = keyward.asked(&last);
    let load = Load {
        is_kept: false,
        ..kept.clone()
    };
    let ratio = compare(&each_anew.over_socket(), &each_anew, &load);
    let what = "over a unix socket, against TCP, a connection for each request";
    row(what, &ratio.to_string(), "–");
}

fn row(what: &str, measured: &str, aim: &str) {
    println!("| {what} | {measured} | {aim} |");
}

fn mib(server: &Server) -> String {
    format!("{} MiB", server.resident_mib())
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model
        .and_then(|line| line.split(": ").nth(1))
        .unwrap_or("an unknown processor");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{threads} threads of {model}, load and server together")
}

fn unknown_secret() -> String {
    let secret = seed::format()
        .generate(Environment::Live)
        .expect("randomness");
    secret.expose().to_owned()
}

fn requests(secrets: &[String]) -> Requests {
    let written = secrets
        .iter()
        .map(|secret| load::request("/verify", secret));
    Arc::new(written.collect())
}

/// The server with somebody at work in the console, compared with the same one without.
fn against_quiet(server: &Server, side: &Side, load: &Load) -> String {
    let (at_work, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let owner =
        app::Browser::new(&format!("http://{}", server.address)).signed_in("owner@example.com");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if !at_work.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
                let id = owner.create_key(&[]);
                owner.get("/projects/default/keys");
                owner.revoke(id);
            }
        });
        let (begin, rest) = (
            || at_work.store(true, Ordering::Relaxed),
            || at_work.store(false, Ordering::Relaxed),
        );
        let ratio = compare(&side.before(&begin), &side.before(&rest), load);
        is_over.store(true, Ordering::Relaxed);
        ratio.to_string()
    })
}
