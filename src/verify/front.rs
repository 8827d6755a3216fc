//! Answers `/verify` before the console sees it.
//!
//! Routing, sessions, tracing and page headers would cost a request three times as much as the
//! verdict itself. So requests for `/verify` are answered here; all others go on.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{AppConfig, ServiceResponse};
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture};

use super::endpoint::VerifyEndpoint;

/// Puts a [`VerifyEndpoint`] in front of an application.
pub struct Front<S> {
    endpoint: Rc<VerifyEndpoint>,
    behind: S,
}

impl<S> Front<S> {
    /// `endpoint` in front of `application`.
    pub fn new(endpoint: VerifyEndpoint, application: impl IntoServiceFactory<S, Request>) -> Self
    where
        S: ServiceFactory<Request>,
    {
        Front {
            endpoint: Rc::new(endpoint),
            behind: application.into_factory(),
        }
    }
}

impl<S, B> ServiceFactory<Request> for Front<S>
where
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error>,
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
        let endpoint = Rc::clone(&self.endpoint);
        let behind = self.behind.new_service(config);
        async move {
            let behind = behind.await?;
            Ok(FrontService { endpoint, behind })
        }
        .boxed_local()
    }
}

/// What a [`Front`] makes for each thread.
pub struct FrontService<S> {
    endpoint: Rc<VerifyEndpoint>,
    behind: S,
}

type Answer = Result<Response<BoxBody>, Error>;

impl<S, B> Service<Request> for FrontService<S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Answer>, LocalBoxFuture<'static, Answer>>;

    actix_service::forward_ready!(behind);

    fn call(&self, req: Request) -> Self::Future {
        let is_ours = req
            .path()
            .strip_prefix("/verify")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !is_ours {
            let answering = self.behind.call(req);
            let answering =
                answering.map(|answer| Ok(Response::from(answer?).map_into_boxed_body()));
            return Either::Right(answering.boxed_local());
        }
        if let Some(answer) = self.endpoint.answer_now(req.head()) {
            return Either::Left(ready(Ok(answer.into())));
        }
        let endpoint = Rc::clone(&self.endpoint);
        Either::Right(async move { Ok(endpoint.answer(req.head()).await.into()) }.boxed_local())
    }
}
