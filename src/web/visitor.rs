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
use crate::db::Connection;
use crate::db::projects::Project;
use crate::domain::error::Denial;
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
        use_case: impl FnOnce(&mut Connection, &Actor, UtcTime) -> Result<T, DomainError>
        + Send
        + 'static,
    ) -> Result<T, DomainError> {
        let (actor, now) = (self.actor.clone(), self.now);
        let result = self
            .state
            .run(move |conn| use_case(conn, &actor, now))
            .await;
        if let Err(DomainError::Denied(denial)) = &result {
            let recording = self.record(*denial);
            match denial.hidden {
                // A hidden project must not differ from a missing one, not even in time.
                true => drop(actix_web::rt::spawn(recording)),
                false => recording.await,
            }
        }
        result
    }

    /// Writes a denial into the audit log. The answer does not depend on it.
    fn record(&self, denial: Denial) -> impl Future<Output = ()> + 'static {
        let (state, actor, now) = (self.state.clone(), self.actor.clone(), self.now);
        async move {
            let recording = state.run(move |conn| denial::record(conn, &actor, denial, now));
            if let Err(error) = recording.await {
                tracing::error!(%error, ?denial, "a denial could not be recorded");
            }
        }
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
            let (wanted, from) = (signed_in.clone(), origin(&req));
            let loading = state.run(move |conn| {
                let loaded = Actor::load(
                    conn,
                    wanted.user_id,
                    |user| user.stamp() == wanted.stamp,
                    from,
                )?;
                let Some(actor) = loaded else {
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
    let lost_form = req.method() == Method::POST;
    // Pages that only take forms are no place to come back to.
    let is_page = !req.path().ends_with("/replacement") && req.path() != "/logout";
    let next = (is_page && req.path() != "/").then(|| req.uri().to_string());
    WebError::SignInFirst { next, lost_form }
}
