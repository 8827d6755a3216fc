//! Connections that there is no place for: they are told so, and probes get their answer.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::web::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::connection::Door;
use super::stream::Stream;
use crate::verify::probe::Probe;

/// How long such a connection is kept, and the most it may send. A probe sends its question with the
/// packet that completes the connection.
const TIME: Duration = Duration::from_millis(30);
const MOST: usize = 2 * 1024;

/// The answer where there is no place.
const CROWDED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

/// Answers the request that begins with `sent`, and closes the connection.
pub(super) async fn answer(
    mut stream: Stream,
    mut sent: BytesMut,
    client: Option<IpAddr>,
    door: &Door,
) {
    // Kept few, so that they can't take what the limits protect.
    let Some(_place) = door.limits.crowded.take(client) else {
        return;
    };
    let answering = async {
        while Probe::in_request(&sent).is_none() && !sent.contains(&b'\n') && sent.len() < MOST {
            if stream.read_buf(&mut sent).await? == 0 {
                break;
            }
        }
        match Probe::in_request(&sent) {
            Some(probe) => {
                let (status, body) = probe.answer(door.endpoint.is_ready());
                let body = if sent.starts_with(b"HEAD") { "" } else { body };
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
                     connection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await?;
            }
            None => stream.write_all(CROWDED).await?,
        }
        stream.shutdown().await
    };
    drop(timeout(TIME, answering).await);
}
