//! A load over HTTP/1.1: many connections that ask, wait for the answer, and ask again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// Threads that the connections are spread over.
const THREADS: usize = 2;

/// The requests of a load, ready to send: each connection takes the next one.
pub type Requests = Arc<Vec<Vec<u8>>>;

/// Where a load goes.
#[derive(Clone, Debug)]
pub enum Target {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

impl Target {
    async fn connect(&self) -> Box<dyn Io> {
        match self {
            Target::Tcp(address) => {
                let stream = TcpStream::connect(address).await.expect("it listens");
                stream.set_nodelay(true).expect("a socket");
                Box::new(stream)
            }
            Target::Unix(path) => Box::new(UnixStream::connect(path).await.expect("it listens")),
        }
    }
}

#[derive(Clone)]
pub struct Load {
    pub connections: usize,
    pub time: Duration,
    /// Requests per second of all connections together; `None` is as fast as they are answered.
    pub rate: Option<u32>,
    /// Whether connections are kept for the next request.
    pub is_kept: bool,
}

/// What a load measured.
pub struct Measured {
    pub requests: usize,
    pub requests_per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
}

/// A request with a key, as it is sent.
pub fn request(path: &str, secret: &str) -> Vec<u8> {
    let lines = [
        &format!("GET {path} HTTP/1.1"),
        "Host: 127.0.0.1",
        "User-Agent: bench/1",
        &format!("X-API-Key: {secret}"),
        "\r\n",
    ];
    lines.join("\r\n").into_bytes()
}

/// The same, as the last one of its connection.
pub fn last_request(path: &str, secret: &str) -> Vec<u8> {
    let mut request = request(path, secret);
    request.truncate(request.len() - 2);
    request.extend_from_slice(b"Connection: close\r\n\r\n");
    request
}

/// Puts the load on `target`; every answer must have this status.
pub fn run(target: &Target, requests: &Requests, load: &Load, status: &'static str) -> Measured {
    let started = Instant::now();
    let threads: Vec<_> = (0..THREADS.min(load.connections))
        .map(|thread| {
            let (requests, load) = (Arc::clone(requests), load.clone());
            let target = target.clone();
            std::thread::spawn(move || on_one_thread(thread, &target, &requests, &load, status))
        })
        .collect();
    let mut latencies: Vec<u32> = Vec::new();
    for thread in threads {
        latencies.extend(thread.join().expect("the load ran"));
    }
    let seconds = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |part: f64| {
        let index = (latencies.len() as f64 * part) as usize;
        let nanos = latencies[index.min(latencies.len() - 1)];
        Duration::from_nanos(u64::from(nanos))
    };
    Measured {
        requests: latencies.len(),
        requests_per_second: latencies.len() as f64 / seconds,
        p50: at(0.50),
        p99: at(0.99),
    }
}

fn on_one_thread(
    thread: usize,
    target: &Target,
    requests: &Requests,
    load: &Load,
    status: &'static str,
) -> Vec<u32> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let own = (thread..load.connections).step_by(THREADS);
        let tasks: Vec<_> = own
            .map(|connection| {
                let (requests, load) = (Arc::clone(requests), load.clone());
                let target = target.clone();
                tokio::spawn(
                    async move { ask(connection, &target, &requests, &load, status).await },
                )
            })
            .collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await.expect("no panic"));
        }
        latencies
    })
}

/// One connection. Latencies in nanoseconds; at a fixed rate they count from when the request
/// was due, so that a stall counts for every request it held up.
async fn ask(
    connection: usize,
    target: &Target,
    requests: &Requests,
    load: &Load,
    status: &'static str,
) -> Vec<u32> {
    let mut stream = target.connect().await;
    let mut latencies = Vec::with_capacity(1 << 16);
    let mut buffer = vec![0; 8_192];
    let started = Instant::now();
    let pace = load
        .rate
        .map(|rate| Duration::from_secs(1) * u32::try_from(load.connections).expect("few") / rate);
    let mut turn = 0_u32;
    // Connections take requests far apart from each other, and are spread over the pace.
    let mut next = connection * 7_919;
    let mut body = None;
    while started.elapsed() < load.time {
        let due = match pace {
            None => Instant::now(),
            Some(pace) => {
                let offset =
                    pace * u32::try_from(connection).expect("few") / load.connections as u32;
                let due = started + offset + pace * turn;
                tokio::time::sleep_until(due.into()).await;
                due
            }
        };
        turn += 1;
        let request = &requests[next % requests.len()];
        next += 1;
        if !load.is_kept && turn > 1 {
            stream = target.connect().await;
        }
        stream.write_all(request).await.expect("it reads");
        let mut length = 0;
        loop {
            let read = stream.read(&mut buffer[length..]).await;
            length += read.ok().filter(|read| *read > 0).expect("it answers");
            let answer = &buffer[..length];
            // All answers have bodies of the same length: the client must cost as little as
            // possible.
            body = body.or_else(|| promised(answer));
            let is_whole = body.is_some_and(|body| {
                length > body + 4 && answer[..length - body].ends_with(b"\r\n\r\n")
            });
            if is_whole {
                break;
            }
        }
        assert_eq!(
            &buffer[9..12],
            status.as_bytes(),
            "{}",
            String::from_utf8_lossy(&buffer[..length])
        );
        latencies.push(u32::try_from(due.elapsed().as_nanos()).unwrap_or(u32::MAX));
    }
    latencies
}

/// The body length that this head promises; `None` until the head is complete.
fn promised(answer: &[u8]) -> Option<usize> {
    let head = &answer[..memmem::find(answer, b"\r\n\r\n")?];
    let name = |name: &[u8]| memmem::find(head, name);
    let at = name(b"content-length: ").or_else(|| name(b"Content-Length: "))?;
    let digits = head[at + 16..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0')))
}
