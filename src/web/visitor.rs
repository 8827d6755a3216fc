//! Who visits: the signed-in person, loaded anew for every request.

use std::future::Future;
use std::pin::Pin;

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, web};

use super::session::SignedIn;
use super::{AppState, WebError};
use crate::clock::UtcTime;
use crate::db::AnyConnection;
use crate::db::projects::Project;
use crate::domain::list_projects::list_projects;
use crate::domain::{Actor, DomainError, Origin, denial};
use crate::http::{TrustedProxies, client, problem};

/// A signed-in person on a page. Whoever is not signed in is sent to do so.
pub struct Visitor {
    pub state: web::Data<AppState>,
    pub actor: Actor,
    pub session: SignedIn,
    /// The projects that exist for them.
    pub projects: Vec<Project>,
    /// The time of the request.
    pub now: UtcTime,
}

impl Visitor {
    /// Runs a use case as this person. A denial goes into the audit log.
    ///
    /// # Errors
    /// What the use case fails with.
    pub async fn act<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&mut AnyConnection, &Actor, UtcTime) -> Result<T, DomainError>
        + Send
        + 'static,
    ) -> Result<T, DomainError> {
        let (actor, now) = (self.actor.clone(), self.now);
        let acting = self.state.run(move |conn| {
            let result = use_case(conn, &actor, now);
            if let Err(DomainError::Denied(denial)) = &result {
                denial::record(conn, &actor, *denial, now)?;
            }
            result
        });
        acting.await
    }
}

impl FromRequest for Visitor {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let state = req
                .app_data::<web::Data<AppState>>()
                .expect("set at start")
                .clone();
            let session = req.get_session();
            let Some(signed_in) = SignedIn::read(&session) else {
                return Err(sign_in_first(&req));
            };
            let (user, from) = (signed_in.user_id, origin(&req));
            let loading = state.run(move |conn| {
                let Some(actor) = Actor::load(conn, user, from)? else {
                    return Ok(None);
                };
                let projects = list_projects(conn, &actor)?;
                Ok(Some((actor, projects)))
            });
            let Some((actor, projects)) = loading.await? else {
                session.purge();
                return Err(sign_in_first(&req));
            };
            let now = state.clock.now();
            Ok(Visitor {
                state,
                actor,
                session: signed_in,
                projects,
                now,
            })
        })
    }
}

/// Where a request came from, for the audit log.
pub fn origin(req: &HttpRequest) -> Origin {
    let proxies = req
        .app_data::<web::Data<TrustedProxies>>()
        .expect("set at start");
    Origin {
        client_ip: proxies.client_ip(req).map(|ip| ip.to_string()),
        user_agent: client::user_agent(req),
        request_id: problem::request_id(req),
    }
}

fn sign_in_first(req: &HttpRequest) -> WebError {
    let next = (req.method() == Method::GET && req.path() != "/").then(|| req.uri().to_string());
    WebError::SignInFirst { next }
}
