//! A gateway as a process of its own, run from a copy of the examples.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Example;
use crate::app::eventually;

/// A gateway in the foreground, ended with the test.
pub struct Gateway {
    child: Child,
    pub address: String,
    folder: tempfile::TempDir,
}

/// How the gateway reaches Keyward.
pub enum Ask<'a> {
    At(&'a str),
    /// By the lines that name the socket, in place of those that name the address.
    Socket(&'a Path),
    /// Either of two, by the lines that name the second as well.
    Either(&'a str, &'a str),
}

impl Gateway {
    /// In front of `api`, asking the Keyward at `keyward`.
    pub fn start(example: &Example, keyward: &str, api: &str) -> Self {
        Self::start_asking(example, &Ask::At(keyward), api)
    }

    pub fn start_asking(example: &Example, ask: &Ask, api: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let everybody = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), everybody).unwrap();
        let address = free_address();
        let inner = free_address();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gateways");
        for file in std::fs::read_dir(examples).unwrap() {
            let file = file.unwrap().path();
            let mut text = std::fs::read_to_string(&file).unwrap();
            match ask {
                Ask::At(keyward) => text = with_address(&text, 8080, keyward),
                Ask::Socket(socket) => {
                    text = uncommented(&text, SOCKET);
                    text = text.replace(SOCKET, &socket.display().to_string());
                }
                Ask::Either(keyward, second) => {
                    text = uncommented(&text, "8082");
                    text = with_address(&text, 8080, keyward);
                    text = with_address(&text, 8082, second);
                }
            }
            text = with_address(&text, 8088, &address);
            text = with_address(&text, 8089, &inner);
            text = with_address(&text, 8000, api);
            std::fs::write(folder.path().join(file.file_name().unwrap()), text).unwrap();
        }
        let gateway = Gateway {
            child: run(example, folder.path()),
            address,
            folder,
        };
        // It may listen before it knows its routes.
        let is_up = || TcpStream::connect(&gateway.address).is_ok();
        eventually(|| (is_up() && gateway.raw("/api/up", &[]) == "401").then_some(()));
        gateway
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        stream
    }

    /// The whole answer to a request sent byte for byte.
    pub fn raw_answer(&self, method: &str, target: &str, headers: &[&str]) -> String {
        let headers = headers.join("\r\n");
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n\r\n"
        );
        let mut stream = self.connect();
        // A gateway may answer, and hang up, before it has read everything.
        drop(stream.write_all(head.as_bytes()));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The status of a `GET` sent byte for byte.
    pub fn raw(&self, target: &str, headers: &[&str]) -> String {
        let answer = self.raw_answer("GET", target, headers);
        answer.get(9..12).unwrap_or_default().to_owned()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Not killed outright: nginx and Apache end their workers.
        drop(
            Command::new("kill")
                .arg(self.child.id().to_string())
                .status(),
        );
        drop(self.child.wait());
    }
}

fn run(example: &Example, folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let from_pypi = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.venv/bin");
    let words = example.command.iter();
    Command::new("sh")
        .args(["-c", "exec \"$@\"", "sh"])
        .args(words.map(|word| word.replace("$PWD", &folder.display().to_string())))
        .current_dir(folder)
        .env("PATH", format!("{path}:/usr/sbin:{}", from_pypi.display()))
        .env("HOME", folder)
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Where the examples expect Keyward's socket.
const SOCKET: &str = "/run/keyward/keyward.sock";

/// An address on this machine where nobody listens.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// `text` with `address` in place of port `written` on 127.0.0.1, in either notation.
fn with_address(text: &str, written: u16, address: &str) -> String {
    let address = address.trim_start_matches("http://");
    let (host, port) = address.rsplit_once(':').unwrap();
    text.replace(&format!("127.0.0.1:{written}"), address)
        .replace(
            &format!("address: 127.0.0.1, port_value: {written}"),
            &format!("address: {host}, port_value: {port}"),
        )
}

/// `text` with the commented lines that name `alternative` in force. They take the place of the line
/// for Keyward's address, unless they name a second address beside it.
fn uncommented(text: &str, alternative: &str) -> String {
    let is_comment = |line: &str| line.trim_start().starts_with('#') || line.contains("-- ");
    let is_alternative = |line: &str| is_comment(line) && line.contains(alternative);
    let replaces = |line: &str| alternative == SOCKET || line.contains("8080");
    let instead = text
        .lines()
        .any(|line| is_alternative(line) && replaces(line));
    let lines = text.lines().filter_map(|line| {
        if is_alternative(line) {
            let comment = if line.contains("-- ") { "-- " } else { "# " };
            Some(line.replacen(comment, "", 1))
        } else if instead && line.contains("8080") && !is_comment(line) {
            None
        } else {
            Some(line.to_owned())
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}
