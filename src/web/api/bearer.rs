//! Who calls the management API: the bearer of a personal token or of a short-lived one.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::error::ApiError;
use super::limits::{Bearing, Left};
use crate::clock::UtcTime;
use crate::db::Connection;
use crate::domain::tokens::actor_with_token;
use crate::domain::{Actor, DomainError};
use crate::key::format::TOKEN_START;
use crate::web::visitor::origin;
use crate::web::{AppState, acting};

/// The bearer of a token (RFC 6750). Cookies count for nothing here.
pub struct Bearer {
    pub state: web::Data<AppState>,
    pub actor: Actor,
    /// The time of the request.
    pub now: UtcTime,
}

impl Bearer {
    /// Runs a use case as this person. A denial goes into the audit log.
    ///
    /// # Errors
    /// What the use case fails with.
    pub async fn act<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&mut Connection, &Actor, UtcTime) -> Result<T, DomainError>
        + Send
        + 'static,
    ) -> Result<T, ApiError> {
        Ok(acting::act(&self.state, &self.actor, self.now, use_case).await?)
    }

    /// The person's id.
    pub fn id(&self) -> i64 {
        self.actor.id().expect("bearers are people")
    }

    fn bearing(&self) -> Bearing {
        match self.actor.token() {
            Some(token) => Bearing::Token(token.token_id),
            None => Bearing::Person(self.id()),
        }
    }
}

impl FromRequest for Bearer {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let state = req
                .app_data::<web::Data<AppState>>()
                .expect("set at start")
                .clone();
            let token = sent_token(&req).ok_or(ApiError::Unauthorized)?.to_owned();
            let (own, from, now) = (state.clone(), origin(&req), state.clock.now());
            let loading = state.run(move |conn| match token.strip_prefix(TOKEN_START) {
                Some(rest) if rest.starts_with('_') => actor_with_token(conn, &token, from, now),
                _ => own.jwt.actor(conn, &token, from, now),
            });
            let actor = loading.await?.ok_or(ApiError::Unauthorized)?;
            let bearer = Bearer { state, actor, now };
            let limits = &bearer.state.api_limits;
            let left = match limits.count_of(bearer.bearing()) {
                Ok(left) => left,
                Err(told) => {
                    let left = limits.nothing_left(told);
                    req.extensions_mut().insert::<Left>(left);
                    return Err(ApiError::TooMany(told));
                }
            };
            req.extensions_mut().insert::<Left>(left);
            Ok(bearer)
        })
    }
}

/// The token of the one `Authorization: Bearer` header.
fn sent_token(req: &HttpRequest) -> Option<&str> {
    let mut sent = req.headers().get_all(header::AUTHORIZATION);
    let (first, second) = (sent.next()?, sent.next());
    let (scheme, token) = first.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    let good = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && second.is_none();
    good.then_some(token)
}
