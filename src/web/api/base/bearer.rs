//! Who calls the management API: the bearer of a personal token or of a short-lived one.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use keyward_key::format::TOKEN_START;

use super::error::ApiError;
use crate::access::Actor;
use crate::clock::UtcTime;
use crate::domain::actors::Claim;
use crate::domain::{DomainError, Op, tokens};
use crate::web::shared::api_limits::{Bearing, Left};
use crate::web::shared::turns::{Asker, Work};
use crate::web::shared::visitor::origin;
use crate::web::shared::{AppState, acting};

/// The bearer of a token (RFC 6750). Cookies are ignored here.
pub struct Bearer {
    /// What all handlers of the instance share.
    pub state: web::Data<AppState>,
    /// The person, as they were when the request began.
    pub actor: Actor,
    /// The time of the request.
    pub now: UtcTime,
    work: Work,
    claim: Claim,
}

impl Bearer {
    /// Runs a use case as this person. A denial goes into the audit log.
    ///
    /// # Errors
    /// Whatever the use case fails with.
    pub async fn act<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&mut Op) -> Result<T, DomainError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let acting = acting::act(&self.state, self.work, &self.claim, self.now, use_case);
        Ok(acting.await?)
    }

    /// Who this is and what proves it, for work that goes on after the answer began.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// The id of the person the token belongs to.
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
            let (own, origin, now) = (state.clone(), origin(&req), state.clock.now());
            let loading = state.run(Work::Urgent, Asker::Bearer, move |conn| {
                match token.strip_prefix(TOKEN_START) {
                    Some(rest) if rest.starts_with('_') => {
                        let nobody = Actor::nobody(origin);
                        tokens::actor_with_token(&mut Op::new(conn, &nobody, now), &token)
                    }
                    _ => match own.jwt.claim(&token, origin, now) {
                        Some(claim) => Ok(claim.load(conn, now)?.map(|actor| (claim, actor))),
                        None => Ok(None),
                    },
                }
            });
            let (claim, actor) = loading.await?.ok_or(ApiError::Unauthorized)?;
            let bearer = Bearer {
                state,
                actor,
                now,
                work: Work::of(req.method()),
                claim,
            };
            let limits = &bearer.state.api_limits;
            let left = match limits.count_of(bearer.bearing()) {
                Ok(left) => left,
                Err(too_many) => {
                    let left = limits.nothing_left(too_many);
                    req.extensions_mut().insert::<Left>(left);
                    return Err(ApiError::TooMany(too_many));
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
