//! `/verify` for gateways: the answer is in the status and the headers.

use std::borrow::Cow;

use actix_http::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::BytesMut;
use actix_web::{HttpResponse, web};
use keyward_guard::credential::{self, Credential};
use keyward_guard::headers::{
    ENVIRONMENT, KEY_ID, LABEL, PROJECT, RATE_LIMIT, RATE_LIMIT_POLICY, SCOPES,
};
use keyward_guard::problem::{Problem, UNCHECKED, status_of};
use keyward_key::Environment;
use keyward_key::verdict::{Outcome, Requirement};

use super::entry::{Entry, ProjectFacts};
use super::ledger::Caller;
use super::limits::Remaining;
use super::verifier::{Unsure, Verdict, Verifier};
use crate::http::TrustedProxies;

pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Answers `ANY /verify` and everything below it. Bodies are ignored.
pub struct VerifyEndpoint {
    verifier: web::Data<Verifier>,
    proxies: web::Data<TrustedProxies>,
}

/// A request that presents one key.
struct Question<'a> {
    secret: &'a str,
    asked: Asked,
    caller: Caller<'a>,
}

impl VerifyEndpoint {
    /// Answers with `verifier`; `proxies` may say where a request comes from.
    pub fn new(verifier: web::Data<Verifier>, proxies: web::Data<TrustedProxies>) -> Self {
        VerifyEndpoint { verifier, proxies }
    }

    /// The answer, if no database is needed for it.
    pub fn answer_now(&self, head: &RequestHead) -> Option<HttpResponse> {
        match self.question(head) {
            Err(refused) => Some(refused),
            Ok(Question {
                secret,
                asked,
                caller,
            }) => self
                .verifier
                .verify_now(secret, &asked.required, &caller, |verdict| {
                    answer(&verdict, &asked)
                }),
        }
    }

    /// The answer, asking the database if necessary.
    pub async fn answer(&self, head: &RequestHead) -> HttpResponse {
        match self.question(head) {
            Err(refused) => refused,
            Ok(Question {
                secret,
                asked,
                caller,
            }) => {
                let answer = |verdict: Verdict| answer(&verdict, &asked);
                let verdict = self
                    .verifier
                    .verify(secret, &asked.required, &caller, answer);
                verdict.await.unwrap_or_else(|Unsure| unsure())
            }
        }
    }

    /// The question, or the answer to a request that doesn't ask a proper one.
    #[expect(
        clippy::result_large_err,
        reason = "refusals are as common as questions"
    )]
    fn question<'a>(&self, head: &'a RequestHead) -> Result<Question<'a>, HttpResponse> {
        let asked = Asked::read(head.uri.query().unwrap_or_default())
            .map_err(|detail| problem(StatusCode::BAD_REQUEST, "INVALID", &detail, &[]))?;
        let refused = |outcome| Err(answer(&Verdict::without_key(outcome), &asked));
        match credential::read(&head.headers) {
            Credential::Missing => refused(Outcome::Missing),
            Credential::Ambiguous => refused(Outcome::Ambiguous),
            Credential::One(secret) => {
                let client = |peer| self.proxies.client_of(peer, &head.headers);
                Ok(Question {
                    secret,
                    asked,
                    caller: Caller::new(head.peer_addr.map(client), &head.headers),
                })
            }
        }
    }
}

fn answer(verdict: &Verdict, asked: &Asked) -> HttpResponse {
    match verdict.key {
        Some((key, project)) if verdict.outcome == Outcome::Valid => {
            pass(key, project, verdict.limit)
        }
        _ => refuse(verdict, asked),
    }
}

/// A refusal, with an id for the caller's log and, at level `debug`, ours.
fn problem(
    status: StatusCode,
    code: &'static str,
    detail: &str,
    required: &[String],
) -> HttpResponse {
    let id = uuid::Uuid::new_v4().to_string();
    tracing::debug!(request_id = id, code, "refused");
    let mut response = Problem::new(Some(id), status, code, detail)
        .with_required(required)
        .respond();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// What the query of `/verify` asks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    required: Requirement,
    /// The status for a key over its limit, for gateways that can't handle 429.
    limit_status: Option<StatusCode>,
}

impl Asked {
    /// Reads the query. An unknown parameter is an error: a misspelt `scope` must not let
    /// everything through. So is a repeated one, except `scope`.
    fn read(query: &str) -> Result<Self, String> {
        let mut asked = Asked::default();
        let required = &mut asked.required;
        let mut seen: Vec<Cow<str>> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name != "scope" && seen.contains(&name) {
                return Err(format!("`{name}` comes twice."));
            }
            match &*name {
                "scope" => required.scopes.push(value.into_owned()),
                "all" => {
                    required.all = match &*value {
                        "1" | "true" => true,
                        "0" | "false" => false,
                        _ => return Err("`all` is 1 or 0.".into()),
                    }
                }
                "project" => required.project = Some(value.into_owned()),
                "environment" => required.environment = Some(environment(&value)?),
                "limit_status" => {
                    asked.limit_status = match &*value {
                        "403" => Some(StatusCode::FORBIDDEN),
                        "429" => Some(StatusCode::TOO_MANY_REQUESTS),
                        _ => return Err("`limit_status` is 403 or 429.".into()),
                    }
                }
                name => return Err(format!("There is no parameter `{name}`.")),
            }
            seen.push(name);
        }
        Ok(asked)
    }
}

fn environment(value: &str) -> Result<Environment, String> {
    value
        .parse()
        .map_err(|_| "`environment` is live or test.".into())
}

/// Every identity header is sent on every 200, even when empty, so that a client's own can't
/// slip through a gateway that copies them.
fn pass(key: &Entry, project: &ProjectFacts, limit: Option<Remaining>) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(KEY_ID, HeaderValue::from(key.id));
    headers.insert(LABEL, value(&[&key.encoded_label]));
    headers.insert(PROJECT, project.header.clone());
    headers.insert(SCOPES, key.kind.scopes_header.clone());
    let environment = HeaderValue::from_static(key.kind.environment.as_str());
    headers.insert(ENVIRONMENT, environment);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    tell_limit(headers, limit);
    response
}

fn refuse(verdict: &Verdict, asked: &Asked) -> HttpResponse {
    let outcome = verdict.outcome;
    let status = match (outcome, asked.limit_status) {
        (Outcome::RateLimited, Some(instead)) => instead,
        _ => status_of(outcome),
    };
    let required: &[String] = match outcome {
        Outcome::InsufficientScope => &asked.required.scopes,
        _ => &[],
    };
    let mut response = problem(status, outcome.code(), outcome.detail(), required);
    let headers = response.headers_mut();
    if let Some(challenge) = challenge(outcome) {
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        );
    }
    tell_limit(headers, verdict.limit);
    response
}

/// A header value of visible ASCII, joined by copying: formatting costs three times as much.
fn value(parts: &[&str]) -> HeaderValue {
    let mut text = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        text.extend_from_slice(part.as_bytes());
    }
    HeaderValue::from_maybe_shared(text.freeze()).expect("visible ASCII")
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), and
/// `Retry-After` (RFC 9110) where the limit is reached.
fn tell_limit(headers: &mut HeaderMap, limit: Option<Remaining>) {
    let Some(left) = limit else { return };
    let policy = value(&[
        "\"key\";q=",
        itoa::Buffer::new().format(left.limit.requests),
        ";w=",
        itoa::Buffer::new().format(left.limit.seconds),
    ]);
    let now = value(&[
        "\"key\";r=",
        itoa::Buffer::new().format(left.requests),
        ";t=",
        itoa::Buffer::new().format(left.next_seconds),
    ]);
    headers.insert(RATE_LIMIT_POLICY, policy);
    headers.insert(RATE_LIMIT, now);
    if let Some(seconds) = left.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// The challenge of RFC 6750, section 3.
fn challenge(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Valid | Outcome::RateLimited => None,
        Outcome::Missing => Some("Bearer realm=\"keyward\""),
        Outcome::Ambiguous => Some("Bearer realm=\"keyward\", error=\"invalid_request\""),
        Outcome::InsufficientScope => {
            Some("Bearer realm=\"keyward\", error=\"insufficient_scope\"")
        }
        _ => Some("Bearer realm=\"keyward\", error=\"invalid_token\""),
    }
}

/// Not being sure never means yes: 503.
pub(super) fn unsure() -> HttpResponse {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut response = problem(status, "UNAVAILABLE", UNCHECKED, &[]);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_says_what_is_required() {
        let query = "scope=read:assets&scope=write%3Aassets&all=1&project=media&environment=test\
                     &limit_status=403";
        let asked = Asked::read(query).unwrap();
        assert_eq!(asked.required.scopes, ["read:assets", "write:assets"]);
        assert!(asked.required.all);
        assert_eq!(asked.required.project.as_deref(), Some("media"));
        assert_eq!(asked.required.environment, Some(Environment::Test));
        assert_eq!(asked.limit_status, Some(StatusCode::FORBIDDEN));
        assert_eq!(Asked::read("").unwrap(), Asked::default());
    }

    #[test]
    fn a_misspelt_parameter_lets_nothing_through() {
        for query in [
            "scopes=read:assets",
            "all=yes",
            "environment=prod",
            "limit_status=500",
            "project=a&project=b",
            "all=1&all=0",
        ] {
            assert!(Asked::read(query).is_err(), "{query}");
        }
    }
}
