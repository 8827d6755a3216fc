//! Answers `/verify` before the console sees it.
//!
//! Routing, sessions, tracing and page headers would cost a request three times as much as the
//! verdict itself. So requests for `/verify` that did not go through the [`lane`](super::lane) are
//! answered here. All others go on to the console, as long as it has a place for them.

use std::future::{self, Ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::{Request as HttpRequest, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{Error, HttpResponse};
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture};

use super::answer::{Answer, Fields};
use super::asked;
use super::endpoint::{Request, VerifyEndpoint};
use super::probe::Probe;
use crate::http::TrustedProxies;
use crate::http::client::{HeaderLine, header_lines};
use crate::http::places::{Place, Places};

/// Puts a [`VerifyEndpoint`] in front of an application.
pub struct Front<S> {
    shared: Rc<Shared>,
    behind: S,
}

struct Shared {
    endpoint: Rc<VerifyEndpoint>,
    proxies: TrustedProxies,
    places: Places,
}

impl<S> Front<S> {
    /// `endpoint` in front of `application`, which has `places` for requests at once. `proxies` may
    /// say which client a request comes from.
    pub fn new(
        endpoint: Rc<VerifyEndpoint>,
        proxies: TrustedProxies,
        places: Places,
        application: impl IntoServiceFactory<S, HttpRequest>,
    ) -> Self
    where
        S: ServiceFactory<HttpRequest>,
    {
        Front {
            shared: Rc::new(Shared {
                endpoint,
                proxies,
                places,
            }),
            behind: application.into_factory(),
        }
    }
}

impl<S, B> ServiceFactory<HttpRequest> for Front<S>
where
    S: ServiceFactory<
            HttpRequest,
            Config = AppConfig,
            Response = ServiceResponse<B>,
            Error = Error,
        >,
    S::Service: 'static,
    S::Future: 'static,
    S::InitError: 'static,
    B: MessageBody + 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Config = AppConfig;
    type Service = FrontService<S::Service>;
    type InitError = S::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let shared = Rc::clone(&self.shared);
        let behind = self.behind.new_service(config);
        async move {
            let behind = behind.await?;
            Ok(FrontService { shared, behind })
        }
        .boxed_local()
    }
}

/// What a [`Front`] makes for each thread.
pub struct FrontService<S> {
    shared: Rc<Shared>,
    behind: S,
}

type Answered = Result<Response<BoxBody>, Error>;

impl<S, B> Service<HttpRequest> for FrontService<S>
where
    S: Service<HttpRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Answered>, LocalBoxFuture<'static, Answered>>;

    actix_service::forward_ready!(behind);

    fn call(&self, req: HttpRequest) -> Self::Future {
        if asked::is_asked(req.path()) {
            if let Some(answer) = self.shared.endpoint.answer_now(read(&req), respond) {
                return Either::Left(future::ready(Ok(answer.into())));
            }
            let endpoint = Rc::clone(&self.shared.endpoint);
            let answering = async move { Ok(endpoint.answer(read(&req), respond).await.into()) };
            return Either::Right(answering.boxed_local());
        }
        let Request { headers, peer, .. } = read(&req);
        let client = self.shared.proxies.client_of(peer, headers);
        let place = self.shared.places.take(client);
        // Probes go on without one: an instance with much to do is not to be taken for a dead one.
        if place.is_none() && Probe::at(req.path()).is_none() {
            let crowded = respond(&Answer::crowded());
            return Either::Left(future::ready(Ok(crowded.into())));
        }
        let answering = self.behind.call(req).map(|answer| {
            let answer = Response::from(answer?).map_into_boxed_body();
            let placed = |body| Placed {
                body,
                piece: Bytes::new(),
                _place: place,
            };
            Ok(answer.map_body(|_, body| BoxBody::new(placed(body))))
        });
        Either::Right(answering.boxed_local())
    }
}

fn read(req: &HttpRequest) -> Request<'_, impl Iterator<Item = HeaderLine<'_>> + Clone> {
    let head = req.head();
    Request {
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: header_lines(&head.headers),
        peer: head.peer_addr,
    }
}

/// An answer as actix-web sends it.
pub(super) fn respond(answer: &Answer) -> HttpResponse {
    let mut response = match answer.body() {
        Some(body) => HttpResponse::with_body(answer.status(), BoxBody::new(body)),
        None => HttpResponse::new(answer.status()),
    };
    answer.fields(response.headers_mut());
    response
}

impl Fields for HeaderMap {
    fn add(&mut self, name: HeaderName, value: &[&str]) {
        let value = HeaderValue::from_str(&value.concat());
        // Everything that is stored can be sent. What somebody else wrote into the database might
        // not be, and is left empty.
        let value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
        self.insert(name, value);
    }
}

/// The most bytes of a body that are handed over at once: what a client doesn't read yet is then
/// not copied either.
const SLICE: usize = 8 * 1024;

/// A body in slices, whose client has a place until it is sent.
struct Placed {
    body: BoxBody,
    /// What is left of the piece that `body` gave last.
    piece: Bytes,
    _place: Option<Place>,
}

impl MessageBody for Placed {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.piece.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                Some(Ok(piece)) => self.piece = piece,
                end => return Poll::Ready(end),
            }
        }
        let length = SLICE.min(self.piece.len());
        Poll::Ready(Some(Ok(self.piece.split_to(length))))
    }
}
