//! Who visits: the signed-in person, loaded anew for every request.

use std::future::Future;
use std::pin::Pin;

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::http::{Method, Uri, header};
use actix_web::{FromRequest, HttpRequest, web};

use super::session::SignedIn;
use super::{AppState, WebError, acting};
use crate::clock::UtcTime;
use crate::db::Connection;
use crate::db::projects::Project;
use crate::domain::actor::Proof;
use crate::domain::list_projects::list_projects;
use crate::domain::{Actor, DomainError, Origin};
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
        acting::act(&self.state, &self.actor, self.now, use_case).await
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
            let now = state.clock.now();
            let proof = Proof::Session {
                stamp: wanted.stamp,
            };
            let loading = state.run(move |conn| {
                let loaded = Actor::load(conn, wanted.user_id, proof, from, now)?;
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
    let next = match lost_form {
        // Many addresses only take forms: the way back is to the page with the form.
        true => page_with_form(req),
        false => (req.path() != "/").then(|| req.uri().to_string()),
    };
    WebError::SignInFirst { next, lost_form }
}

/// Path and query of the page of ours that a form was sent from.
fn page_with_form(req: &HttpRequest) -> Option<String> {
    let from = req.headers().get(header::REFERER)?.to_str().ok()?;
    let from: Uri = from.parse().ok()?;
    let host = req.headers().get(header::HOST)?.to_str().ok()?;
    let is_ours = from.authority().is_some_and(|own| own.as_str() == host);
    let path = from.path_and_query().map(ToString::to_string);
    path.filter(|path| is_ours && path != "/")
}
