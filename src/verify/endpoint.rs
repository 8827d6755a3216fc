//! `/verify` for gateways: the answer is in the status and the headers.

use std::net::SocketAddr;

use actix_web::web;
use keyward_guard::credential::{self, Credential};
use keyward_key::verdict::Outcome;

use super::answer::Answer;
use super::asked::Asked;
use super::ledger::Caller;
use super::verifier::{Unsure, Verdict, Verifier};
use crate::http::TrustedProxies;
use crate::http::client::HeaderLine;

/// Answers `ANY /verify` and everything below it. Bodies are ignored.
pub struct VerifyEndpoint {
    verifier: web::Data<Verifier>,
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
    /// Answers with `verifier`; `proxies` may say where a request comes from.
    pub fn new(verifier: web::Data<Verifier>, proxies: web::Data<TrustedProxies>) -> Self {
        VerifyEndpoint { verifier, proxies }
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
        let answer = |verdict: Verdict| send(&Answer::to(asked, &verdict));
        self.verifier
            .verify_now(question.secret, &asked.required, &question.caller, answer)
    }

    /// What `send` makes of the answer, asking the database if necessary.
    pub(super) async fn answer<'a, T>(
        &self,
        request: Request<'a, impl Iterator<Item = HeaderLine<'a>> + Clone>,
        send: impl Fn(&Answer) -> T,
    ) -> T {
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
        let answer = |verdict: Verdict| send(&Answer::to(asked, &verdict));
        let verdict =
            self.verifier
                .verify(question.secret, &asked.required, &question.caller, answer);
        verdict
            .await
            .unwrap_or_else(|Unsure| send(&Answer::unsure()))
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

impl Question<'_> {
    fn refused(&self, outcome: Outcome) -> Answer<'static> {
        Answer::to(&self.asked, &Verdict::without_key(outcome))
    }
}
