//! `POST /api/v1/keys/verify` for services that have the key in hand.

use std::borrow::Cow;
use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::gateway::{NO_STORE, unsure};
use super::ledger::Caller;
use super::verifier::{Unsure, Verdict, Verifier};
use crate::clock::rfc3339;
use crate::http::body::{self, BodyError};
use crate::http::problem::request_id;
use crate::http::{Problem, TrustedProxies};
use crate::key::Environment;
use crate::key::verdict::{Outcome, Requirement};

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
    name: Option<Cow<'a, str>>,
    project: Option<&'a str>,
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
pub async fn verify(
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
    let caller = Caller::new(ip.or_else(|| proxies.client_ip(&req)), req.headers());
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
    verdict.unwrap_or_else(|Unsure| unsure())
}

fn in_json(verdict: Verdict) -> HttpResponse {
    let valid = verdict.outcome == Outcome::Valid;
    let mut answer = VerifyAnswer {
        valid,
        code: verdict.outcome.code(),
        detail: (!valid).then(|| verdict.outcome.detail()),
        ..VerifyAnswer::default()
    };
    if let Some((key, project)) = verdict.key {
        answer.key_id = Some(key.id);
        answer.name = Some(key.label());
        answer.project = Some(&project.known.slug);
        answer.environment = Some(key.kind.environment);
        answer.scopes = Some(&key.kind.scopes);
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
