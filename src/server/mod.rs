//! The HTTP server: where it listens, which connections it takes, and how long it waits for them.

mod connection;
mod crowded;
mod deadline;
mod listener;
mod stream;

use std::fmt::Debug;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use actix_http::{HttpService, Request, Response};
use actix_server::{Server, ServerHandle};
use actix_service::{ServiceFactory, ServiceFactoryExt as _, fn_factory, fn_service, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::AppConfig;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub use deadline::Unfinished;
pub use listener::{ListenError, Listener, SocketFile};

use crate::http::TrustedProxies;
use crate::http::places::Places;
use crate::verify::endpoint::VerifyEndpoint;
use connection::Door;
use stream::Stream;

/// How long a client may take to send the head of a request, and a connection may be idle.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long requests have to finish when the server stops.
const DRAIN: Duration = Duration::from_secs(8);
/// How much of an answer is buffered for a connection, in bytes.
const WRITE_BUFFER: usize = 16 * 1024;

/// How many clients are served at once.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections in all, and from one address.
    pub connections: Places,
    /// Those among them that bring more than plain questions to `/verify`: they cost more memory.
    pub http: Places,
    /// Connections above these limits that are told so.
    pub crowded: Places,
    /// Requests that the console answers, in all and from one client.
    pub console: Places,
}

/// The most connections, however many descriptors there are. Each costs a few kilobytes.
const MOST_CONNECTIONS: usize = 16_384;
/// The most connections in the HTTP server, which keeps some 40 KiB for each.
const MOST_HTTP: usize = 2_048;
/// Descriptors that are kept for databases, files and logs.
const KEPT_DESCRIPTORS: usize = 128;
/// So many connections, one address may always have, up to half of all. Above that, an eighth.
const FEW: usize = 256;
/// The most connections at once that are only told that there is no place.
const CROWDED: usize = 64;
/// The most requests of one client that the console answers at once. Browsers send six.
const CONSOLE_OF_ONE: usize = 128;

impl Limits {
    /// What this process can serve. Raises the number of descriptors it may open as far as the
    /// system allows.
    pub fn of_this_process() -> Self {
        let descriptors = raise_descriptors();
        let all = (descriptors - KEPT_DESCRIPTORS.min(descriptors / 2)).min(MOST_CONNECTIONS);
        let http = MOST_HTTP.min(all / 2);
        Limits {
            connections: Places::new(all, all / 8, (all / 2).min(FEW.max(all / 8))),
            http: Places::new(http, http / 8, http / 4),
            crowded: Places::new(CROWDED, CROWDED / 4, CROWDED / 4),
            console: Places::new(http, 0, CONSOLE_OF_ONE.min(http / 8)),
        }
    }
}

/// Raises the number of descriptors that this process may open, and returns it.
fn raise_descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let allowed = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: allowed.maximum,
        maximum: allowed.maximum,
    };
    let now = match setrlimit(Resource::Nofile, most) {
        Ok(()) => allowed.maximum,
        Err(_) => allowed.current,
    };
    now.map_or(usize::MAX, |now| usize::try_from(now).unwrap_or(usize::MAX))
}

/// Starts serving on `listeners` with this many threads. `make` is called by each of them for each
/// listener, and returns what answers `/verify` and what answers everything else. Once the process
/// is asked to stop, it ends within ten seconds, and logs what was `unfinished`.
///
/// # Errors
/// A listener can't be used.
pub fn start<F, S>(
    listeners: Vec<Listener>,
    workers: usize,
    limits: &Limits,
    proxies: &TrustedProxies,
    unfinished: Unfinished,
    make: F,
) -> io::Result<Running>
where
    F: Fn() -> (Rc<VerifyEndpoint>, S) + Send + Clone + 'static,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = Response<BoxBody>,
            Error = actix_web::Error,
        > + 'static,
    S::InitError: Debug,
{
    let mut server = Server::build()
        .workers(workers)
        .shutdown_timeout(DRAIN.as_secs())
        .shutdown_signal(asked_to_stop(unfinished)?);
    let stopping = server.graceful_shutdown_signal();
    let mut files = Vec::new();
    for listener in listeners {
        let (make, stopping) = (make.clone(), stopping.clone());
        let (limits, proxies) = (limits.clone(), proxies.clone());
        let serve = move || {
            let (endpoint, application) = make();
            let stops = stopping.clone();
            let application = application.map_err(|error| error.error_response());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stops = stops.clone();
                    async move { stops.notified().await }
                })
                .keep_alive(HEAD_TIME)
                .client_request_timeout(HEAD_TIME)
                .h1_write_buffer_size(WRITE_BUFFER)
                .h1(map_config(application, |()| AppConfig::default()));
            let door = Door {
                endpoint,
                proxies: proxies.clone(),
                limits: limits.clone(),
                stopping: stopping.clone(),
            };
            let door = Rc::new(door);
            fn_factory(move || {
                let (door, http) = (Rc::clone(&door), http.new_service(()));
                async move {
                    let http = Rc::new(http.await?);
                    Ok::<_, ()>(fn_service(move |stream: Stream| {
                        connection::serve(stream, Rc::clone(&door), Rc::clone(&http))
                    }))
                }
            })
        };
        let (with_it, file) = listener.serve_with(server, serve)?;
        server = with_it;
        files.extend(file);
    }
    let server = server.run();
    Ok(Running { server, files })
}

/// Ends when the process is asked to stop. Signals are noticed from now on, not only once the
/// threads have started: whoever was told the address may send one.
fn asked_to_stop(unfinished: Unfinished) -> io::Result<impl Future<Output = ()>> {
    let mut signals = stop_signals()?;
    Ok(async move {
        poll_fn(|cx| {
            let has_come = signals
                .iter_mut()
                .any(|signal| signal.poll_recv(cx).is_ready());
            if has_come {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        unfinished.end_in_time();
    })
}

/// Lets a signal that asks the process to stop wait for the next server, which then stops at once.
/// Otherwise it would end the process where it is, before that has cleaned up.
///
/// # Errors
/// The system provides no signals.
pub fn postpone_stopping() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let _inside = runtime.enter();
    // Once there was a stream for it, a signal never again does what it does by default.
    stop_signals().map(drop)
}

fn stop_signals() -> io::Result<Vec<Signal>> {
    let kinds = [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::quit(),
    ];
    kinds.into_iter().map(signal).collect()
}

/// A server that serves.
pub struct Running {
    server: Server,
    /// Removed when it has stopped.
    files: Vec<SocketFile>,
}

impl Running {
    /// A handle that stops it from elsewhere.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until it is stopped and open requests are finished.
    ///
    /// # Errors
    /// The server fails.
    pub async fn run(self) -> io::Result<()> {
        let served = self.server.await;
        drop(self.files);
        served
    }
}
