//! One connection: whether it is let in, and how long the server waits for its client.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_server::GracefulShutdownSignal;
use actix_service::Service;
use actix_web::web::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::Limits;
use super::crowded;
use super::stream::Stream;
use crate::http::TrustedProxies;
use crate::http::places::Place;
use crate::verify::endpoint::VerifyEndpoint;
use crate::verify::lane::{self, End};

/// How long a client may read nothing of what it is sent.
const STALL: Duration = Duration::from_secs(10);
/// How long a connection in the HTTP server may bring no whole request: longer than reading one and
/// answering it takes. The server itself limits only the first head.
const QUIET: Duration = Duration::from_secs(30);

/// What every connection needs.
pub(super) struct Door {
    pub(super) endpoint: Rc<VerifyEndpoint>,
    pub(super) proxies: TrustedProxies,
    pub(super) limits: Limits,
    pub(super) stopping: GracefulShutdownSignal,
}

/// Serves a connection until it ends. One that there is no place for is closed at once.
pub(super) async fn serve<H>(stream: Stream, door: Rc<Door>, http: Rc<H>) -> Result<(), ()>
where
    H: Service<(Connection, Option<SocketAddr>)>,
{
    // Without its address, a client could be taken for one on the unix socket.
    let Ok(peer) = stream.peer() else {
        return Ok(());
    };
    // Gateways bring the requests of many clients.
    let address = peer.map(|peer| peer.ip().to_canonical());
    let counted = address.filter(|_| !door.proxies.trust(address));
    let Some(place) = door.limits.connections.take(counted) else {
        tracing::debug!(?peer, "there is no place for another connection");
        crowded::answer(stream, BytesMut::new(), counted, &door).await;
        return Ok(());
    };
    let mut connection = Connection::new(stream, place);
    let stopping = door.stopping.notified();
    match lane::serve(&mut connection, peer, &door.endpoint, stopping).await {
        Ok(End::Other(read)) => {
            let Some(_place) = door.limits.http.take(counted) else {
                crowded::answer(connection.stream, read, counted, &door).await;
                return Ok(());
            };
            connection.read = read;
            connection.quiet = Some(Box::pin(sleep(QUIET)));
            let stopping = door.stopping.clone();
            connection.stopping = Some(Box::pin(async move { stopping.notified().await }));
            drop(http.call((connection, peer)).await);
            Ok(())
        }
        Ok(End::Closed) | Err(_) => Ok(()),
    }
}

/// A connection that breaks if its client keeps the server waiting.
pub(super) struct Connection {
    stream: Stream,
    /// Read already, and still to be handed out.
    read: BytesMut,
    /// Runs while the client reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs while nothing is answered.
    quiet: Option<Pin<Box<Sleep>>>,
    /// Ends when the server stops; `None` once it has ended.
    stopping: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// The server stops: what was not sent by now is not waited for.
    is_over: bool,
    _place: Place,
}

impl Connection {
    fn new(stream: Stream, place: Place) -> Self {
        Connection {
            stream,
            read: BytesMut::new(),
            stalled: None,
            quiet: None,
            stopping: None,
            is_over: false,
            _place: place,
        }
    }
}

impl Connection {
    /// Whether the server stops. Wakes the task when it does.
    fn has_stopped(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(stopping) = &mut self.stopping
            && stopping.as_mut().poll(cx).is_ready()
        {
            self.stopping = None;
            self.is_over = true;
        }
        self.is_over
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(quiet) = &mut self.quiet
            && quiet.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if self.read.is_empty() {
            let read = Pin::new(&mut self.stream).poll_read(cx, buf);
            return match read {
                // The end of what is sent: a request that is not whole is then dropped, and one
                // that is gets its answer.
                Poll::Pending if self.has_stopped(cx) => Poll::Ready(Ok(())),
                read => read,
            };
        }
        let length = self.read.len().min(buf.remaining());
        buf.put_slice(&self.read[..length]);
        self.read.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if written.is_ready() {
            self.stalled = None;
            if let Some(quiet) = &mut self.quiet {
                quiet.as_mut().reset(Instant::now() + QUIET);
            }
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALL)));
        let too_long = stalled.as_mut().poll(cx);
        too_long.map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
