//! Many clients at once.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::echo::Echo;
use super::{Example, Gateway, Keyward};
use crate::app::eventually;

/// They are all connected before the first of them asks, and all ask before the first answer is
/// read. On a busy machine, some are told that Keyward was too slow; they ask again when they were
/// told to. None may be left without an answer.
fn a_thousand_clients_at_once_lose_nothing(example: &Example) {
    // One gateway at a time: six thousand clients would leave nothing for other tests.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    raise_limit_of_descriptors();
    let keyward = Keyward::start();
    let echo = Echo::start();
    let gateway = Gateway::start(example, keyward.url(), &echo.url);
    let head = format!(
        "GET /api/assets HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {}\r\n\r\n",
        keyward.key()
    );
    let mut clients: Vec<TcpStream> = (0..1_000).map(|_| gateway.connect()).collect();
    for _ in 0..3 {
        let mut waiting: Vec<&mut TcpStream> = clients.iter_mut().collect();
        eventually(|| {
            for client in &mut waiting {
                client.write_all(head.as_bytes()).unwrap();
            }
            let mut counts = BTreeMap::new();
            waiting.retain(|client| {
                let answer = read_answer(client);
                let is_told_to_wait = answer == "503, retry-after: 1";
                *counts.entry(answer).or_insert(0) += 1;
                is_told_to_wait
            });
            let passed = counts.remove("200").unwrap_or(0);
            counts.remove("503, retry-after: 1");
            assert!(
                counts.is_empty(),
                "{passed} passed: {counts:?}\n{}",
                gateway.log()
            );
            waiting.is_empty().then_some(())
        });
    }
}

/// Reads one answer to its end, and returns its status and `Retry-After`.
fn read_answer(client: &TcpStream) -> String {
    let mut reader = BufReader::new(client);
    let mut status = String::new();
    let (mut length, mut is_chunked) = (0, false);
    loop {
        let mut line = String::new();
        if let Err(error) = reader.read_line(&mut line) {
            return error.to_string();
        }
        let line = line.trim_end().to_ascii_lowercase();
        if status.is_empty() {
            status = line.get(9..12).unwrap_or("nothing").to_owned();
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.starts_with("retry-after:") {
            status = format!("{status}, {line}");
        }
        is_chunked |= line == "transfer-encoding: chunked";
        if line.is_empty() {
            break;
        }
    }
    assert!(!is_chunked, "the API says how long its answers are");
    let body = reader.take(length).read_to_end(&mut Vec::new());
    body.map_or_else(|error| error.to_string(), |_| status)
}

/// A thousand clients, and the API behind them, are in this process.
fn raise_limit_of_descriptors() {
    let id = std::process::id().to_string();
    let status = Command::new("prlimit")
        .args(["--nofile=8192:", "--pid", &id])
        .status();
    assert!(status.unwrap().success());
}

super::at_every_gateway!(a_thousand_clients_at_once_lose_nothing);
