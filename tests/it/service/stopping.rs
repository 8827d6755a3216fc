//! Asked to stop, the process ends within a container's grace, whatever hangs, and says what that
//! cost.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use crate::app::{Browser, TestDatabase, eventually};
use crate::program::{Program, create_owner};
use crate::service::own_postgres::OwnPostgres;

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}

/// Waits until it has ended. A test fails after 15 seconds; a process that waits for a database that
/// hangs takes far longer.
fn end(program: &mut Program) -> ExitStatus {
    eventually(|| program.child.try_wait().unwrap())
}

fn connect(program: &Program, sent: &str) -> TcpStream {
    let address = program.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(sent.as_bytes()).unwrap();
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).unwrap();
    stream
}

/// What a client gets that sends `sent` before the end, and how the process ends.
fn closed(program: &mut Program, signal: &str, sent: &[&str]) -> (Vec<String>, ExitStatus) {
    let mut clients: Vec<TcpStream> = sent.iter().map(|sent| connect(program, sent)).collect();
    std::thread::sleep(Duration::from_millis(300));
    program.signal(signal);
    let answers = clients.iter_mut().map(|client| {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap_or_default();
        answer
    });
    let answers = answers.collect();
    (answers, end(program))
}

#[test]
fn connections_that_bring_no_whole_request_do_not_delay_the_end() {
    for signal in ["TERM", "INT"] {
        let database = TestDatabase::with_owner();
        let mut program = Program::serve(&database, "info");
        let host = "host: a\r\n";
        let (answers, status) = closed(
            &mut program,
            signal,
            &[
                "",
                &format!("GET /login HTTP/1.1\r\n{host}"),
                &format!("POST /login HTTP/1.1\r\n{host}content-length: 50\r\n\r\nemail="),
                &format!("GET /login HTTP/1.1\r\n{host}\r\n"),
            ],
        );
        assert!(status.success());
        assert_eq!(answers[0], "");
        assert!(!answers[1].contains("200 OK"));
        assert!(!answers[2].contains("200 OK"));
        assert!(answers[3].starts_with("HTTP/1.1 200 OK"), "it was whole");
        let log = log(database.folder());
        assert!(!log.contains("cut off"), "{log}");
        // Half a body is waited for for ten seconds, if nobody stops.
        assert!(!log.contains("takes too long"), "{log}");
    }
}

/// Postgres' client runs OpenSSL, whose clean-up at the end of a process once raced with threads that
/// still held a connection: one end in ten was a crash.
#[test]
fn it_ends_well_every_time() {
    let database = TestDatabase::with_owner();
    for _ in 0..20 {
        let mut program = Program::serve(&database, "info");
        program.signal("TERM");
        let status = end(&mut program);
        assert!(status.success(), "{status}");
    }
}

/// A database of a server that the test may pause.
fn served_by(server: &OwnPostgres) -> (TestDatabase, Program) {
    let mut database = TestDatabase::on_sqlite();
    database.url.clone_from(&server.url);
    let program = Program::serve(&database, "info");
    create_owner(&database);
    (database, program)
}

#[test]
fn a_database_that_hangs_does_not_keep_the_process() {
    if std::env::var("KEYWARD_TEST_POSTGRES").is_ok() {
        return;
    }
    let server = OwnPostgres::start();
    let (database, mut program) = served_by(&server);
    let owner = Browser::new(&program.url).signed_in("owner@example.com");
    let (id, _) = owner.new_key(&[]);
    server.pause();
    let waiting = std::thread::spawn(move || {
        let revocation = format!("{}/projects/default/keys/{id}/revocation", owner.url);
        let sent = owner.client.post(revocation).form(&[("reason", "unused")]);
        drop(sent.send());
    });
    std::thread::sleep(Duration::from_millis(500));
    program.signal("TERM");
    let status = end(&mut program);
    server.go_on();
    waiting.join().unwrap();
    assert_eq!(status.code(), Some(1), "something was lost");
    let log = log(database.folder());
    assert!(log.contains("1 request was cut off"), "{log}");
}

#[test]
fn an_idle_process_ends_though_its_database_hangs() {
    if std::env::var("KEYWARD_TEST_POSTGRES").is_ok() {
        return;
    }
    let server = OwnPostgres::start();
    let (database, mut program) = served_by(&server);
    server.pause();
    let visitor = Browser::new(&program.url);
    eventually(|| (visitor.get("/readyz").status == 503).then_some(()));
    program.signal("TERM");
    let status = end(&mut program);
    server.go_on();
    assert_eq!(status.code(), Some(0), "nothing was lost");
    let log = log(database.folder());
    assert!(!log.contains("cut off"), "{log}");
}

#[test]
fn what_strangers_send_is_no_error_of_ours() {
    let database = TestDatabase::with_owner();
    let program = Program::serve(&database, "info");
    let before = log(database.folder()).len();
    for junk in [
        "\u{16}\u{3}\u{1}\u{2}\u{0}",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nhost a\r\n\r\n",
        "POST /login HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "POST /login HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n",
        "POST /login HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /verify HTTP/1.1\r\nhost: a\r\nx-api-key: \u{7f}\r\n\r\n",
    ] {
        let mut client = connect(&program, junk);
        client.shutdown(std::net::Shutdown::Write).unwrap();
        client
            .read_to_string(&mut String::new())
            .unwrap_or_default();
    }
    let too_long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(300_000));
    let address = program.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    // It may be closed before everything is sent.
    drop(stream.write_all(too_long.as_bytes()));
    drop(stream.read_to_string(&mut String::new()));
    let log = log(database.folder()).split_off(before);
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}

/// The log of an outage is a few lines, with and without traffic.
#[test]
fn an_outage_is_told_when_it_begins_and_when_it_is_over() {
    if std::env::var("KEYWARD_TEST_POSTGRES").is_ok() {
        return;
    }
    let mut server = OwnPostgres::start();
    let (database, program) = served_by(&server);
    let before = log(database.folder()).lines().count();
    server.stop();
    std::thread::sleep(Duration::from_secs(5));
    let visitor = Browser::new(&program.url);
    for _ in 0..20 {
        assert_eq!(visitor.get("/login").status, 503);
    }
    let during = log(database.folder());
    let during: Vec<&str> = during.lines().skip(before).collect();
    let warnings: Vec<&&str> = during.iter().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warnings.len(), 2, "{during:#?}");
    assert!(warnings[0].contains("the database is unavailable"));
    assert!(warnings[1].contains("the database can't be followed"));
    assert!(!during.iter().any(|line| line.contains("ERROR")));
    server.start_again();
    let over = eventually(|| {
        let log = log(database.folder());
        let over = log.lines().find(|line| line.contains("available again"));
        over.map(str::to_owned)
    });
    assert!(
        over.contains("seconds=") && over.contains("failures="),
        "{over}"
    );
}
