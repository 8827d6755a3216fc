//! The visitor: the person a session belongs to, loaded together with the work they ask for.

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use super::session::SignedIn;
use super::turns::Work;
use super::{AppState, WebError, acting, csrf, last_project};
use crate::access::{Actor, Origin};
use crate::clock::UtcTime;
use crate::domain::actors::Claim;
use crate::domain::{DomainError, Op, account, projects};
use crate::http::{TrustedProxies, client, request_id};
use crate::records::Project;

/// Somebody with a session who visits a page. Without one, they are sent to sign in.
pub struct Visitor {
    /// What all handlers of the instance share.
    pub state: web::Data<AppState>,
    /// What the session holds.
    pub session: SignedIn,
    /// The time of the request.
    pub now: UtcTime,
    work: Work,
    claim: Claim,
    cookie: Session,
    /// The slug of the project visited last, as a cookie says.
    last_project: Option<String>,
}

/// The visitor as they were when their work was done, for the page that shows it.
pub struct Viewer {
    /// The person, and what they may do.
    pub actor: Actor,
    /// The projects that exist for them.
    pub projects: Vec<Project>,
    /// The token that every form of this page carries.
    pub csrf: String,
    /// The slug of the project visited last.
    pub last_project: Option<String>,
    /// Whether they want times in the zone of their browser.
    pub has_local_times: bool,
    /// The time of the request.
    pub now: UtcTime,
}

impl Visitor {
    /// Runs a use case as this person. A denial goes into the audit log.
    ///
    /// # Errors
    /// Whatever the use case fails with. If the person may no longer act, their session ends.
    pub async fn act<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&mut Op) -> Result<T, DomainError> + Send + 'static,
    ) -> Result<T, DomainError> {
        let result = acting::act(&self.state, self.work, &self.claim, self.now, use_case).await;
        if let Err(DomainError::NoLonger) = &result {
            self.cookie.purge();
        }
        result
    }

    /// Like [`act`](Self::act), and also returns what the page around the result needs.
    ///
    /// # Errors
    /// As for [`act`](Self::act).
    pub async fn view<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&mut Op) -> Result<T, DomainError> + Send + 'static,
    ) -> Result<(Viewer, T), DomainError> {
        let acting = self.act(|op| {
            // First, so that nothing made by the use case is lost if this fails.
            let projects = projects::list(op)?;
            let has_local_times = account::has_local_times(op)?;
            let value = use_case(op)?;
            Ok((op.actor().clone(), projects, has_local_times, value))
        });
        let (actor, projects, has_local_times, value) = acting.await?;
        let viewer = Viewer {
            actor,
            projects,
            has_local_times,
            csrf: csrf::masked(&self.session.csrf)?,
            last_project: self.last_project.clone(),
            now: self.now,
        };
        Ok((viewer, value))
    }

    /// Who this is and what proves it, for work that goes on after the answer began.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Like [`act`](Self::act), for use cases that hash a password.
    ///
    /// # Errors
    /// As for [`act`](Self::act).
    pub async fn act_hashing<T: Send + 'static>(
        &self,
        use_case: impl FnOnce(&mut Op) -> Result<T, DomainError> + Send + 'static,
    ) -> Result<T, DomainError> {
        let _turn = self.state.hashing_turn().await?;
        self.act(use_case).await
    }
}

impl FromRequest for Visitor {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let cookie = req.get_session();
        let Some(session) = SignedIn::read(&cookie) else {
            return ready(Err(WebError::SignInFirst));
        };
        let state = req
            .app_data::<web::Data<AppState>>()
            .expect("set at start")
            .clone();
        ready(Ok(Visitor {
            last_project: last_project::remembered(req, &state),
            now: state.clock.now(),
            state,
            work: Work::of(req.method()),
            claim: session.claim(origin(req)),
            session,
            cookie,
        }))
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
        request_id: request_id(req),
    }
}
