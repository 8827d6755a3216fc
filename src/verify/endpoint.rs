//! `/verify` for gateways: the answer is in the status and the headers.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web;
use keyward_guard::credential::{self, Credential};
use keyward_guard::headers::TOKEN;
use keyward_key::verdict::Outcome;

use super::answer::Answer;
use super::asked::Asked;
use super::askers::{Asker, Askers, Rebuff};
use super::ledger::Caller;
use super::reader::Unsure;
use super::verifier::{Verdict, Verifier};
use crate::http::TrustedProxies;
use crate::http::client::HeaderLine;

/// Answers `ANY /verify` and everything below it. Bodies are ignored.
pub struct VerifyEndpoint {
    verifier: web::Data<Verifier>,
    askers: web::Data<Askers>,
    proxies: web::Data<TrustedProxies>,
}

/// A request for `/verify`, however it was read.
#[derive(Clone, Copy)]
pub(super) struct Request<'a, H> {
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    /// The header fields, each as often as it was sent.
    pub(super) headers: H,
    /// `None` on a unix socket.
    pub(super) peer: Option<SocketAddr>,
}

/// A request that presents one key.
struct Question<'a> {
    secret: &'a str,
    /// A bearer beside it, which must not be a key from another system.
    beside: Option<&'a str>,
    asked: Asked,
    caller: Caller<'a>,
}

impl VerifyEndpoint {
    /// Answers with `verifier` those whom `askers` lets ask; `proxies` may say where a request comes
    /// from.
    pub fn new(
        verifier: web::Data<Verifier>,
        askers: web::Data<Askers>,
        proxies: web::Data<TrustedProxies>,
    ) -> Self {
        VerifyEndpoint {
            verifier,
            askers,
            proxies,
        }
    }

    /// Whether the database takes changes, as far as is known without asking it.
    pub fn is_ready(&self) -> bool {
        self.verifier.is_ready()
    }

    /// The time, in microseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.verifier.now()
    }

    /// What `send` makes of the answer; `None` if a database is needed for it.
    pub(super) fn answer_now<'a, T>(
        &self,
        request: Request<'a, impl Iterator<Item = HeaderLine<'a>> + Clone>,
        send: impl FnOnce(&Answer) -> T,
    ) -> Option<T> {
        let asker = match self.asker_now(request.headers.clone())? {
            Ok(asker) => asker,
            Err(rebuff) => return Some(send(&Answer::rebuff(rebuff))),
        };
        let question = match self.question(request) {
            Ok(question) => question,
            Err(answer) => return Some(send(&answer)),
        };
        if let Some(bearer) = question.beside
            && self.verifier.is_imported_now(bearer)?
        {
            return Some(send(&question.refused(Outcome::Ambiguous)));
        }
        let asked = &question.asked;
        let answer = |verdict: Verdict| send(&Answer::to(asked, &told(asker.as_deref(), verdict)));
        self.verifier
            .verify_now(question.secret, &asked.required, &question.caller, answer)
    }

    /// What `send` makes of the answer, asking the database if necessary.
    pub(super) async fn answer<'a, T>(
        &self,
        request: Request<'a, impl Iterator<Item = HeaderLine<'a>> + Clone>,
        send: impl Fn(&Answer) -> T,
    ) -> T {
        let token = self.token_in(request.headers.clone());
        let asker = match self.askers.recognise(token).await {
            Ok(asker) => asker,
            Err(rebuff) => return send(&Answer::rebuff(rebuff)),
        };
        let question = match self.question(request) {
            Ok(question) => question,
            Err(answer) => return send(&answer),
        };
        if let Some(bearer) = question.beside {
            match self.verifier.is_imported(bearer).await {
                Err(Unsure) => return send(&Answer::unsure()),
                Ok(true) => return send(&question.refused(Outcome::Ambiguous)),
                Ok(false) => {}
            }
        }
        let asked = &question.asked;
        let answer = |verdict: Verdict| send(&Answer::to(asked, &told(asker.as_deref(), verdict)));
        let verdict =
            self.verifier
                .verify(question.secret, &asked.required, &question.caller, answer);
        verdict
            .await
            .unwrap_or_else(|Unsure| send(&Answer::unsure()))
    }

    /// Who asks, from memory; `None` if memory is not certain.
    fn asker_now<'a>(
        &self,
        headers: impl Iterator<Item = HeaderLine<'a>>,
    ) -> Option<Result<Option<Arc<Asker>>, Rebuff>> {
        self.askers.recognise_now(self.token_in(headers))
    }

    /// The token that a question comes with, where one is required. Of several, none counts.
    fn token_in<'a>(&self, headers: impl Iterator<Item = HeaderLine<'a>>) -> Option<&'a str> {
        if !self.askers.is_required() {
            return None;
        }
        let mut tokens = headers.filter(|(name, _)| TOKEN.as_str().eq_ignore_ascii_case(name));
        let (_, token) = tokens.next().filter(|_| tokens.next().is_none())?;
        std::str::from_utf8(token).ok()
    }

    /// The question, or the answer to a request that doesn't ask a proper one.
    fn question<'a>(
        &self,
        request: Request<'a, impl Iterator<Item = HeaderLine<'a>> + Clone>,
    ) -> Result<Question<'a>, Answer<'static>> {
        let asked = Asked::read(request.path, request.query)
            .map_err(|detail| Answer::not_understood(&detail))?;
        let refused = |outcome| Err(Answer::to(&asked, &Verdict::without_key(outcome)));
        let (secret, beside) = match credential::read_lines(request.headers.clone()) {
            Credential::Missing => return refused(Outcome::Missing),
            Credential::Ambiguous => return refused(Outcome::Ambiguous),
            Credential::One(secret) => (secret, None),
            Credential::OneBeside { key, bearer } => (key, Some(bearer)),
        };
        let client = self
            .proxies
            .client_of(request.peer, request.headers.clone());
        Ok(Question {
            secret,
            beside,
            asked,
            caller: Caller::new(client, request.headers),
        })
    }
}

/// What `asker` is told: a key that it may not verify is an unknown one.
pub(super) fn told<'a>(asker: Option<&Asker>, verdict: Verdict<'a>) -> Verdict<'a> {
    let may_know = |project: i64| asker.is_none_or(|asker| asker.may_verify(project));
    match verdict.key {
        Some((_, project)) if !may_know(project.id) => Verdict::without_key(Outcome::NotFound),
        _ => verdict,
    }
}

impl Question<'_> {
    fn refused(&self, outcome: Outcome) -> Answer<'static> {
        Answer::to(&self.asked, &Verdict::without_key(outcome))
    }
}
