//! The short way for `/verify`: requests are read and answered on the connection itself.
//!
//! Most of what a verification costs is not the verdict but the maps of header fields around it,
//! and the layers in between. Gateways ask the same simple question thousands of times a second on
//! connections that they keep. So each connection begins here. As long as it brings requests for
//! `/verify` without a body, they are read in place and answered with one write. With the first
//! byte of anything else, the connection goes to the HTTP server for good, and so does whatever was
//! read of it.
//!
//! Requests are parsed by `httparse`, as they are in the HTTP server (RFC 9112).

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use actix_web::http::header::{self, HeaderName};
use actix_web::web::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use super::answer::{Answer, Fields};
use super::asked;
use super::endpoint::{Request, VerifyEndpoint};
use crate::http::client::HeaderLine;

/// How long a connection may bring nothing: at least this long, and at most twice as long.
const IDLE: Duration = Duration::from_secs(5);
/// How much is read or written at once, and about how much is kept for a connection.
const PIECE: usize = 4 * 1024;
/// The largest beginning of a request whose end is waited for here.
const MAX_HEAD: usize = 16 * 1024;
/// The most header fields of a request that is read here.
const MAX_FIELDS: usize = 32;

/// How a connection leaves the lane.
pub enum End {
    /// It is over.
    Closed,
    /// It brought something that is not answered here, and this is what was read of it.
    Other(BytesMut),
}

/// Answers questions on `io`, which comes from `peer`, until it brings something else, nothing for
/// too long, or `stopping` is over because the server stops.
///
/// # Errors
/// The connection breaks.
pub async fn serve(
    io: &mut (impl AsyncRead + AsyncWrite + Unpin),
    peer: Option<SocketAddr>,
    endpoint: &VerifyEndpoint,
    stopping: impl Future<Output = ()>,
) -> io::Result<End> {
    let (mut stopping, mut idle) = (pin!(stopping), pin!(sleep(IDLE)));
    let mut asked_lately = false;
    let mut sent = BytesMut::new();
    let mut answers = Answers::default();
    loop {
        sent.reserve(1024);
        let mut piece = (&mut sent).limit(PIECE);
        let length = tokio::select! {
            biased;
            length = io.read_buf(&mut piece) => length?,
            () = &mut idle => match (asked_lately, sent.is_empty()) {
                // A timer set for each request would cost more than reading it.
                (true, _) => {
                    asked_lately = false;
                    idle.as_mut().reset(Instant::now() + IDLE);
                    continue;
                }
                (false, true) => return Ok(End::Closed),
                (false, false) => return Ok(End::Other(sent)),
            },
            () = &mut stopping => return Ok(End::Closed),
        };
        if length == 0 && sent.is_empty() {
            return Ok(End::Closed);
        }
        let mut next = if length == 0 { Next::Other } else { Next::More };
        while !sent.is_empty() && !matches!(next, Next::Other | Next::Close) {
            let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
            let question = match read(&sent, &mut fields) {
                Read::Question(question) => question,
                Read::Beginning => break,
                Read::Other => {
                    next = Next::Other;
                    break;
                }
            };
            let request = Request {
                path: question.path,
                query: question.query,
                headers: question.fields.iter().map(line),
                peer,
            };
            let now = endpoint.now();
            let answered = endpoint.answer_now(request.clone(), |answer| {
                answers.write(answer, now, question.is_last);
            });
            if answered.is_none() {
                let body = |answer: &Answer| {
                    let mut answers = Answers::default();
                    answers.write(answer, now, question.is_last);
                    answers.bytes
                };
                let answer = endpoint.answer(request, body).await;
                answers.bytes.extend_from_slice(&answer);
            }
            if question.is_last {
                next = Next::Close;
            }
            asked_lately = true;
            let length = question.length;
            sent.advance(length);
            if answers.bytes.len() > PIECE {
                answers.send(io).await?;
            }
        }
        answers.send(io).await?;
        if sent.is_empty() && sent.capacity() > 2 * PIECE {
            sent = BytesMut::new();
        }
        match next {
            Next::Close => {
                io.shutdown().await?;
                return Ok(End::Closed);
            }
            Next::Other => return Ok(End::Other(sent)),
            Next::More if sent.len() >= MAX_HEAD => return Ok(End::Other(sent)),
            Next::More => {}
        }
    }
}

/// What to do once everything that was read is answered.
enum Next {
    More,
    Other,
    Close,
}

/// What was read.
enum Read<'a> {
    Question(Question<'a>),
    /// The end is still missing.
    Beginning,
    /// Something that is not answered here.
    Other,
}

/// A whole request for `/verify` without a body.
struct Question<'a> {
    path: &'a str,
    query: &'a str,
    fields: &'a [httparse::Header<'a>],
    /// Whether the connection ends with it.
    is_last: bool,
    /// How many bytes it has.
    length: usize,
}

/// Reads one request. Only what can't be understood in two ways is a question: whatever has a body,
/// an upgrade or an expectation, is left to the HTTP server.
fn read<'a>(sent: &'a [u8], fields: &'a mut [httparse::Header<'a>]) -> Read<'a> {
    let mut request = httparse::Request::new(fields);
    let length = match request.parse(sent) {
        Ok(httparse::Status::Complete(length)) => Some(length),
        Ok(httparse::Status::Partial) => None,
        Err(_) => return Read::Other,
    };
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let Some(length) = length else {
        // Without the whole first line, nobody knows.
        return match asked::is_asked(path) {
            true => Read::Beginning,
            false => Read::Other,
        };
    };
    let is_plain = request.version == Some(1)
        && !matches!(request.method, Some("HEAD" | "CONNECT") | None)
        && asked::is_asked(path)
        && !target.contains('#');
    if !is_plain {
        return Read::Other;
    }
    let (mut hosts, mut is_last) = (0, false);
    for (name, value) in request.headers.iter().map(line) {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match name.len() {
            4 if is("host") => hosts += 1,
            6 if is("expect") => return Read::Other,
            7 if is("upgrade") => return Read::Other,
            10 if is("connection") && value.eq_ignore_ascii_case(b"close") => is_last = true,
            10 if is("connection") && !value.eq_ignore_ascii_case(b"keep-alive") => {
                return Read::Other;
            }
            14 if is("content-length") && value != b"0" => return Read::Other,
            17 if is("transfer-encoding") => return Read::Other,
            _ => {}
        }
    }
    if hosts != 1 {
        return Read::Other;
    }
    Read::Question(Question {
        path,
        query,
        fields: request.headers,
        is_last,
        length,
    })
}

fn line<'a>(field: &httparse::Header<'a>) -> HeaderLine<'a> {
    (field.name, field.value)
}

/// Answers, as they are sent.
#[derive(Default)]
struct Answers {
    bytes: BytesMut,
    date: Date,
}

impl Answers {
    /// Sends what was added.
    async fn send(&mut self, io: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if !self.bytes.is_empty() {
            io.write_all(&self.bytes).await?;
            self.bytes.clear();
        }
        if self.bytes.capacity() > 2 * PIECE {
            self.bytes = BytesMut::new();
        }
        Ok(())
    }

    /// Adds an answer given at `now`, in microseconds since 1970. After the last one, the connection
    /// is closed.
    fn write(&mut self, answer: &Answer, now: i64, is_last: bool) {
        let body = answer.body().unwrap_or_default();
        let status = answer.status();
        let out = &mut self.bytes;
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(status.as_str().as_bytes());
        out.extend_from_slice(b" ");
        out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
        out.extend_from_slice(b"\r\n");
        out.add(
            header::CONTENT_LENGTH,
            &[itoa::Buffer::new().format(body.len())],
        );
        answer.fields(out);
        out.add(header::DATE, &[self.date.at(now)]);
        if is_last {
            out.add(header::CONNECTION, &["close"]);
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body.as_bytes());
    }
}

impl Fields for BytesMut {
    fn add(&mut self, name: HeaderName, value: &[&str]) {
        self.extend_from_slice(name.as_str().as_bytes());
        self.extend_from_slice(b": ");
        for part in value {
            // Everything that is stored can be sent. What somebody else wrote into the database
            // might end the line. (Without branches, this costs next to nothing.)
            let is_visible = |byte: u8| (b' '..=b'~').contains(&byte);
            match part.bytes().fold(true, |all, byte| all & is_visible(byte)) {
                true => self.extend_from_slice(part.as_bytes()),
                false => tracing::error!(%name, "a value that can't be sent in a header"),
            }
        }
        self.extend_from_slice(b"\r\n");
    }
}

/// The date of an answer, in the format of HTTP (RFC 9110), written anew each second.
#[derive(Default)]
struct Date {
    second: i64,
    text: String,
}

impl Date {
    fn at(&mut self, now: i64) -> &str {
        let second = now.div_euclid(1_000_000);
        if self.second != second || self.text.is_empty() {
            let since = Duration::from_secs(u64::try_from(second).unwrap_or(0));
            self.second = second;
            self.text = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since);
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_question(sent: &str) -> &'static str {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        match read(sent.as_bytes(), &mut fields) {
            Read::Question(question) if question.is_last => "last question",
            Read::Question(_) => "question",
            Read::Beginning => "beginning",
            Read::Other => "other",
        }
    }

    #[test]
    fn only_plain_requests_for_verify_are_answered_here() {
        let ask = |line: &str, more: &str| {
            is_question(&format!("{line} HTTP/1.1\r\nHost: x\r\n{more}\r\n"))
        };
        assert_eq!(ask("GET /verify", ""), "question");
        assert_eq!(
            ask("POST /verify?scope=a", "Content-Length: 0\r\n"),
            "question"
        );
        assert_eq!(
            ask("GET /verify/-/x", "Connection: keep-alive\r\n"),
            "question"
        );
        assert_eq!(ask("GET /verify", "connection: Close\r\n"), "last question");
        for (line, more) in [
            ("GET /", ""),
            ("GET /verifyx", ""),
            ("HEAD /verify", ""),
            ("GET http://x/verify", ""),
            ("GET /verify#x", ""),
            ("POST /verify", "Content-Length: 1\r\n"),
            ("POST /verify", "Transfer-Encoding: chunked\r\n"),
            ("GET /verify", "Expect: 100-continue\r\n"),
            (
                "GET /verify",
                "Upgrade: websocket\r\nConnection: upgrade\r\n",
            ),
            ("GET /verify", "Connection: close, te\r\n"),
            ("GET /verify", "Host: y\r\n"),
            ("GET /verify", &"A: b\r\n".repeat(MAX_FIELDS)),
        ] {
            assert_eq!(ask(line, more), "other", "{line} {more}");
        }
        assert_eq!(
            is_question("GET /verify HTTP/1.0\r\nHost: x\r\n\r\n"),
            "other"
        );
        assert_eq!(is_question("GET /verify HTTP/1.1\r\n\r\n"), "other");
        assert_eq!(is_question("\u{16}\u{3}\u{1}"), "other");
    }

    #[test]
    fn the_rest_of_a_question_is_waited_for() {
        let whole = "GET /verify?scope=a HTTP/1.1\r\nHost: x\r\nX-API-Key: k\r\n\r\n";
        assert_eq!(is_question(whole), "question");
        for length in "GET /verify?scope=a ".len()..whole.len() {
            assert_eq!(is_question(&whole[..length]), "beginning", "{length}");
        }
        assert_eq!(is_question("GET /login HTTP/1.1\r\nHo"), "other");
    }

    #[test]
    fn an_answer_can_not_be_split() {
        let mut out = BytesMut::new();
        out.add(
            HeaderName::from_static("x-keyward-scopes"),
            &["read:assets", "\r\nx-evil: 1"],
        );
        assert_eq!(&out[..], b"x-keyward-scopes: read:assets\r\n");
    }
}
