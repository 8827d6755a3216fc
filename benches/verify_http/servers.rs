//! The two processes that are compared.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use tempfile::TempDir;

use crate::seed;

/// Both sides serve with this many threads.
const WORKERS: usize = 2;
/// What the bare handler answers.
const BARE_ANSWER: &str = "{\"valid\":true,\"key\":\"0123456789012345678901234567890123456789\",\
    \"scopes\":[\"read:assets\",\"write:assets\"],\"ok\":1234567890123}";

/// The headers of Keyward's answer.
const SAME_ANSWER: [(&str, &str); 9] = [
    ("x-keyward-key-id", "1000"),
    ("x-keyward-label", "Service%201000%20of%20team%203"),
    ("x-keyward-consumer", ""),
    ("x-keyward-project", "default"),
    ("x-keyward-scopes", "read:assets write:assets"),
    ("x-keyward-environment", "live"),
    ("cache-control", "no-store"),
    ("ratelimit-policy", "\"key\";q=1000000;w=1"),
    ("ratelimit", "\"key\";r=999999;t=1"),
];

/// A server in a process of its own, killed on drop.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// Its working folder, deleted with it.
    folder: Option<TempDir>,
    started: Instant,
    /// From the start of the process to the line that says where it listens.
    pub ready_after: Duration,
}

impl Server {
    /// Keyward on a copy of the SQLite database at `database`.
    pub fn keyward(database: &Path) -> Self {
        let folder = seed::copy(database);
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
        command
            .current_dir(folder.path())
            .args(["--listen", "127.0.0.1:0", "--listen", "unix:keyward.sock"])
            .env("KEYWARD_WORKERS", WORKERS.to_string())
            .env("KEYWARD_LOG", "info,actix_server=warn")
            .stderr(log);
        let mut server = Self::start(command);
        server.folder = Some(folder);
        server
    }

    /// nginx with these lines in its `http` block, where `LISTEN` stands for its address; `None` if
    /// it is not installed.
    pub fn nginx(lines: &str) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = port.local_addr().expect("a port");
        drop(port);
        let folder = tempfile::tempdir().expect("a folder");
        let lines = lines.replace("LISTEN", &address.to_string());
        let config = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr; events {{}}
             http {{ access_log off; {lines} }}"
        );
        std::fs::write(folder.path().join("nginx.conf"), config).expect("a file");
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new("sh")
            .args(["-c", "exec nginx -p . -c nginx.conf"])
            .env("PATH", format!("{path}:/usr/sbin"))
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let started = Instant::now();
        let server = Server {
            child,
            address,
            folder: Some(folder),
            started,
            ready_after: started.elapsed(),
        };
        while TcpStream::connect(address).is_err() {
            if started.elapsed() > Duration::from_secs(3) {
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(server)
    }

    /// A handler that reads the header and answers 120 constant bytes.
    pub fn bare() -> Self {
        Self::this("bare")
    }

    /// A handler that reads the header and answers what Keyward does, as constants.
    pub fn bare_same_answer() -> Self {
        Self::this("bare-same-answer")
    }

    fn this(role: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(role);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let started = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("it says where it listens");
        let address = line.trim().rsplit("http://").next().expect("an address");
        Server {
            address: address
                .parse()
                .unwrap_or_else(|_| panic!("it did not start: {line}")),
            ready_after: started.elapsed(),
            folder: None,
            started,
            child,
        }
    }

    /// The time from the start of the process until every key is in memory. Waits for it.
    pub fn loaded_after(&self) -> Duration {
        let folder = self.folder.as_ref().expect("a Keyward");
        loop {
            let log = std::fs::read_to_string(folder.path().join("log")).expect("a log");
            if log.contains("every key is in memory") {
                return self.started.elapsed();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The path of its unix socket.
    pub fn socket(&self) -> PathBuf {
        let folder = self.folder.as_ref().expect("a Keyward");
        folder.path().join("keyward.sock")
    }

    /// The processor time it has used so far.
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("Linux");
        let fields: Vec<u64> = stat
            .rsplit(')')
            .next()
            .expect("after the name")
            .split_whitespace()
            .filter_map(|field| field.parse().ok())
            .collect();
        // User and system time; the state before them is not a number. 100 ticks a second.
        Duration::from_millis((fields[10] + fields[11]) * 10)
    }

    /// Its memory in RAM, in MiB.
    pub fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.expect("a number") / 1_024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves as the bare handler until it is killed.
pub fn serve_bare(same_answer: bool) {
    async fn answer(req: HttpRequest) -> HttpResponse {
        match req.headers().get("x-api-key") {
            Some(_) => HttpResponse::Ok().body(BARE_ANSWER),
            None => HttpResponse::Unauthorized().finish(),
        }
    }
    async fn answer_same(req: HttpRequest) -> HttpResponse {
        if req.headers().get("x-api-key").is_none() {
            return HttpResponse::Unauthorized().finish();
        }
        let mut response = HttpResponse::new(StatusCode::OK);
        for (name, value) in SAME_ANSWER {
            let name = HeaderName::from_static(name);
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
    actix_web::rt::System::new().block_on(async {
        let app = move || match same_answer {
            false => App::new().route("/verify", web::to(answer)),
            true => App::new().route("/verify", web::to(answer_same)),
        };
        let server = HttpServer::new(app)
            .workers(WORKERS)
            .bind("127.0.0.1:0")
            .expect("a free port");
        println!("listening on http://{}", server.addrs()[0]);
        server.run().await.expect("it serves");
    });
}
