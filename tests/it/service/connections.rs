//! Clients that keep the service waiting: they are let go, and take nothing from verification.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::app::{TestApp, TestDatabase};
use crate::program::Program;

/// A connection whose client never reads: it asks for more than any buffer holds.
fn never_reading(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let ask = "GET /docs HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200);
    stream.write_all(ask.as_bytes()).unwrap();
    stream
}

/// Waits until the server has cut this connection off, though it goes on to send `drop`.
fn wait_until_cut(mut stream: &TcpStream, drop: &str) {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(90) {
        if stream.write_all(drop.as_bytes()).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("a client that keeps the server waiting is kept");
}

#[test]
fn a_client_that_sends_its_second_head_or_a_body_in_drops_is_cut_off() {
    let app = TestApp::start();
    let head = TcpStream::connect(app.address).unwrap();
    let first = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /login HTTP/1.1\r\n";
    (&head).write_all(first.as_bytes()).unwrap();
    let body = TcpStream::connect(app.address).unwrap();
    let ask = "POST /verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    (&body).write_all(ask.as_bytes()).unwrap();
    wait_until_cut(&head, "X-A: b\r\n");
    wait_until_cut(&body, "1\r\nx\r\n");
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let app = TestApp::start();
    let stalled = never_reading(app.address);
    wait_until_cut(&stalled, "G");
}

#[test]
fn a_client_that_reads_slowly_gets_everything() {
    let app = TestApp::start();
    let mut stream = TcpStream::connect(app.address).unwrap();
    let ask = "GET /docs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(ask.as_bytes()).unwrap();
    let (mut page, mut piece) = (Vec::new(), [0; 20_000]);
    loop {
        match stream.read(&mut piece).unwrap() {
            0 => break,
            length => page.extend_from_slice(&piece[..length]),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let page = String::from_utf8(page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(page.trim_end().ends_with("</html>"));
}

#[test]
fn one_client_does_not_take_every_place_of_the_console_and_none_of_verification() {
    let app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[]);
    let slow_body = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n";
    let open: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(app.address).unwrap();
            stream.write_all(slow_body.as_bytes()).unwrap();
            stream
        })
        .collect();
    let mut crowded = 0;
    for mut stream in &open {
        let moment = Duration::from_millis(5);
        stream.set_read_timeout(Some(moment)).unwrap();
        let mut answer = [0; 12];
        match stream.read(&mut answer) {
            Ok(12) if answer == *b"HTTP/1.1 503" => crowded += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            other => panic!("{other:?} {}", String::from_utf8_lossy(&answer)),
        }
    }
    assert_eq!(crowded, 200 - 128);
    let page = app.anonymous().get("/login");
    assert_eq!((page.status, page.header("retry-after")), (503, "1"));
    assert_eq!(app.anonymous().verify(&secret).0, 200);
    drop(open);
    crate::app::eventually(|| (app.anonymous().get("/login").status == 200).then_some(()));
}

#[test]
fn one_address_does_not_take_every_connection() {
    let database = TestDatabase::with_owner();
    // 256 descriptors leave 128 for connections, and half of those for one address.
    let program = Program::serve_after(&database, "ulimit -n 256", &[]);
    let server: SocketAddr = program
        .url
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let from = |local: &str| {
        let local: IpAddr = local.parse().unwrap();
        let client = reqwest::blocking::Client::builder().local_address(local);
        let client = client.timeout(Duration::from_secs(20)).build().unwrap();
        client.get(format!("http://{server}/verify")).send()
    };
    let idle: Vec<TcpStream> = (0..150)
        .filter_map(|_| TcpStream::connect(server).ok())
        .collect();
    // Those without a place are closed at once, the others when they have been idle for long.
    let is_closed = |mut stream: &TcpStream| {
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        !matches!(stream.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
    };
    let closed = idle.iter().filter(|stream| is_closed(stream)).count();
    assert!(closed >= 150 - 64, "{closed} of {}", idle.len());
    assert_eq!(from("127.0.0.2").unwrap().status(), 401, "another address");
    // Probes are let by, though their address has every place that it may have.
    assert!(from("127.0.0.1").map_or(true, |answer| answer.status() == 503));
    let probe = reqwest::blocking::get(format!("http://{server}/readyz"));
    assert_eq!(probe.unwrap().status(), 200);
    drop(idle);
    crate::app::eventually(|| {
        from("127.0.0.1")
            .is_ok_and(|answer| answer.status() == 401)
            .then_some(())
    });
}
