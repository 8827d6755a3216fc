//! `/verify` for gateways, and `POST /api/v1/keys/verify` for services.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::credential::{self, Credential};
use super::index::Entry;
use super::ledger::Caller;
use super::limits::Remaining;
use super::verifier::{Unsure, Verdict, Verifier};
use crate::clock::rfc3339;
use crate::http::body::{self, BodyError};
use crate::http::problem::request_id;
use crate::http::{Problem, TrustedProxies};
use crate::key::Environment;
use crate::key::verdict::{Outcome, Requirement};

const KEY_ID: HeaderName = HeaderName::from_static("x-keyward-key-id");
const PROJECT: HeaderName = HeaderName::from_static("x-keyward-project");
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-keyward-environment");
const SCOPES: HeaderName = HeaderName::from_static("x-keyward-scopes");
const LABEL: HeaderName = HeaderName::from_static("x-keyward-label");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// `ANY /verify` and everything below it: the body is ignored, the answer is in the status and
/// the headers.
pub async fn verify(
    req: HttpRequest,
    verifier: web::Data<Verifier>,
    proxies: web::Data<TrustedProxies>,
) -> HttpResponse {
    let asked = match Asked::read(req.query_string()) {
        Ok(asked) => asked,
        Err(detail) => {
            let status = StatusCode::BAD_REQUEST;
            return Problem::new(request_id(&req), status, "INVALID", &detail).respond();
        }
    };
    let answer = |verdict: Verdict| match verdict.key {
        Some(key) if verdict.outcome == Outcome::Valid => pass(key, verdict.limit),
        _ => refuse(&req, &verdict, &asked),
    };
    let verdict = match credential::read(req.headers()) {
        Credential::Missing => Ok(answer(Verdict::without_key(Outcome::Missing))),
        Credential::Ambiguous => Ok(answer(Verdict::without_key(Outcome::Ambiguous))),
        Credential::One(secret) => {
            let caller = caller(&req, proxies.client_ip(&req));
            verifier
                .verify(secret, &asked.required, &caller, answer)
                .await
        }
    };
    verdict.unwrap_or_else(|Unsure| unsure(&req))
}

fn caller(req: &HttpRequest, ip: Option<IpAddr>) -> Caller<'_> {
    let user_agent = req.headers().get(header::USER_AGENT);
    Caller {
        ip,
        user_agent: user_agent.map(HeaderValue::as_bytes),
    }
}

/// What the query of `/verify` asks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    required: Requirement,
    /// The status for a key over its limit, for gateways that know no 429.
    limit_status: Option<StatusCode>,
}

impl Asked {
    /// Reads the query. A parameter it does not know is an error: a misspelt `scope` must not
    /// let everything through.
    fn read(query: &str) -> Result<Self, String> {
        let mut asked = Asked::default();
        let required = &mut asked.required;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
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
fn pass(key: &Entry, limit: Option<Remaining>) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::OK);
    let (own, headers) = (key.identity(), response.headers_mut());
    headers.insert(KEY_ID, own.id.clone());
    headers.insert(LABEL, own.label.clone());
    headers.insert(PROJECT, key.project.facts().header.clone());
    headers.insert(SCOPES, key.scopes.header.clone());
    let environment = HeaderValue::from_static(key.environment.as_str());
    headers.insert(ENVIRONMENT, environment);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    tell_limit(headers, limit);
    response
}

fn refuse(req: &HttpRequest, verdict: &Verdict, asked: &Asked) -> HttpResponse {
    let outcome = verdict.outcome;
    let told = StatusCode::from_u16(outcome.status()).expect("a status of the table");
    let status = match outcome {
        Outcome::RateLimited => asked.limit_status.unwrap_or(told),
        _ => told,
    };
    let mut problem = Problem::new(request_id(req), status, outcome.code(), outcome.detail());
    if outcome == Outcome::InsufficientScope {
        problem = problem.with_required(&asked.required.scopes);
    }
    let mut response = problem.respond();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    if let Some(challenge) = challenge(outcome) {
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        );
    }
    tell_limit(headers, verdict.limit);
    response
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), and
/// `Retry-After` (RFC 9110) where the limit is reached.
fn tell_limit(headers: &mut HeaderMap, limit: Option<Remaining>) {
    let Some(left) = limit else { return };
    let value = |text: String| HeaderValue::from_str(&text).expect("digits and signs");
    let (requests, seconds) = (left.limit.requests, left.limit.seconds);
    let policy = format!("\"key\";q={requests};w={seconds}");
    let now = format!("\"key\";r={};t={}", left.requests, left.reset_seconds);
    headers.insert(RATE_LIMIT_POLICY, value(policy));
    headers.insert(RATE_LIMIT, value(now));
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

/// No answer is no yes: 503.
fn unsure(req: &HttpRequest) -> HttpResponse {
    let detail = "The key could not be checked. Try again in a moment.";
    let mut response = Problem::new(
        request_id(req),
        StatusCode::SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        detail,
    )
    .respond();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The body of `POST /api/v1/keys/verify`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyBody {
    key: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    all: bool,
    project: Option<String>,
    environment: Option<Environment>,
    client_ip: Option<IpAddr>,
}

/// Its answer. Everything about the key is null unless it is known.
#[derive(Default, Serialize)]
struct VerifyAnswer<'a> {
    valid: bool,
    code: &'static str,
    detail: Option<&'static str>,
    key_id: Option<i64>,
    name: Option<&'a str>,
    project: Option<String>,
    environment: Option<Environment>,
    scopes: Option<&'a [String]>,
    expires_at: Option<String>,
    rate_limit: Option<RateLimitAnswer>,
}

#[derive(Serialize)]
struct RateLimitAnswer {
    limit: i64,
    remaining: u32,
    reset_seconds: u64,
}

/// `POST /api/v1/keys/verify`: always 200 when the question was understood. Presenting the key
/// is credential enough: the answer says nothing that its holder could not find out.
pub async fn verify_json(
    req: HttpRequest,
    payload: web::Payload,
    verifier: web::Data<Verifier>,
    proxies: web::Data<TrustedProxies>,
) -> HttpResponse {
    let asked = match read_body(&req, payload).await {
        Ok(asked) => asked,
        Err(problem) => return problem.respond(),
    };
    let ip = asked.client_ip.map(|ip| ip.to_canonical());
    let caller = caller(&req, ip.or_else(|| proxies.client_ip(&req)));
    let required = Requirement {
        project: asked.project,
        environment: asked.environment,
        scopes: asked.scopes,
        all: asked.all,
    };
    let verdict = match asked.key.as_deref().filter(|key| !key.is_empty()) {
        None => Ok(in_json(Verdict::without_key(Outcome::Missing))),
        Some(secret) => verifier.verify(secret, &required, &caller, in_json).await,
    };
    verdict.unwrap_or_else(|Unsure| unsure(&req))
}

fn in_json(verdict: Verdict) -> HttpResponse {
    let valid = verdict.outcome == Outcome::Valid;
    let mut answer = VerifyAnswer {
        valid,
        code: verdict.outcome.code(),
        detail: (!valid).then(|| verdict.outcome.detail()),
        ..VerifyAnswer::default()
    };
    if let Some(key) = verdict.key {
        answer.key_id = Some(key.id);
        answer.name = Some(&key.label);
        answer.project = Some(key.project.facts().known.slug.clone());
        answer.environment = Some(key.environment);
        answer.scopes = Some(&key.scopes.names);
        answer.expires_at = key.expires_at().map(rfc3339);
        answer.rate_limit = verdict.limit.map(|left| RateLimitAnswer {
            limit: left.limit.requests,
            remaining: left.requests,
            reset_seconds: left.reset_seconds,
        });
    }
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, NO_STORE))
        .json(serde_json::json!({ "data": answer }))
}

async fn read_body(req: &HttpRequest, payload: web::Payload) -> Result<VerifyBody, Problem> {
    let read = body::read(payload.into_inner()).await.map_err(|error| {
        let (status, code) = match error {
            BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"),
            BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "TOO_SLOW"),
            BodyError::Broken(_) => (StatusCode::BAD_REQUEST, "INVALID"),
        };
        Problem::new(request_id(req), status, code, &error.to_string())
    })?;
    serde_json::from_slice(&read).map_err(|error| {
        let detail = format!("The body is not what is expected here: {error}.");
        Problem::new(request_id(req), StatusCode::BAD_REQUEST, "INVALID", &detail)
    })
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
        ] {
            assert!(Asked::read(query).is_err(), "{query}");
        }
    }
}
