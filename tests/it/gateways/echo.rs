//! An API behind a gateway that answers with what it was asked, and takes WebSocket upgrades.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

/// Listens until the end of the tests.
pub struct Echo {
    pub url: String,
}

impl Echo {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A thousand of them are small.
                let thread = std::thread::Builder::new().stack_size(128 * 1024);
                thread.spawn(move || serve(stream.unwrap())).unwrap();
            }
        });
        Echo { url }
    }
}

/// What reached the API.
pub struct Asked(Value);

impl Asked {
    /// From the answer of an [`Echo`].
    pub fn read(body: &str) -> Self {
        Asked(serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")))
    }

    pub fn method(&self) -> &str {
        self.0["method"].as_str().unwrap()
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        let target = self.0["target"].as_str().unwrap();
        target.split('?').next().unwrap()
    }

    /// The values of every header whose name a framework could read as `name`.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let plain = |name: &str| {
            name.to_lowercase()
                .replace(|c: char| !c.is_alphanumeric(), "-")
        };
        let headers = self.0["headers"].as_array().unwrap().iter();
        headers
            .filter(|header| plain(header[0].as_str().unwrap()) == name)
            .map(|header| header[1].as_str().unwrap())
            .collect()
    }
}

/// Answers one connection to its end.
fn serve(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(head) = read_head(&mut reader) {
        if header(&head, "upgrade").eq_ignore_ascii_case("websocket") {
            let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
                          Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";
            drop(stream.write_all(switch.as_bytes()));
            drop(std::io::copy(&mut reader, &mut stream));
            return;
        }
        let length = header(&head, "content-length").parse().unwrap_or(0);
        let body = &mut (&mut reader).take(length);
        if std::io::copy(body, &mut std::io::sink()).is_err() {
            return;
        }
        let body = description(&head);
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The lines up to the empty one; none when the connection ends.
fn read_head(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        match String::from_utf8_lossy(&line).trim_end() {
            "" => return Some(lines),
            line => lines.push(line.to_owned()),
        }
    }
}

fn fields(head: &[String]) -> impl Iterator<Item = (&str, &str)> {
    let fields = head.iter().skip(1).filter_map(|line| line.split_once(':'));
    fields.map(|(name, value)| (name, value.trim()))
}

fn header<'a>(head: &'a [String], wanted: &str) -> &'a str {
    let mut fields = fields(head);
    let field = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    field.map_or("", |(_, value)| value)
}

fn description(head: &[String]) -> String {
    let mut words = head[0].split(' ');
    let headers: Vec<_> = fields(head).collect();
    json!({ "method": words.next(), "target": words.next(), "headers": headers }).to_string()
}
