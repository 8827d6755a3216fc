//! `POST /api/v1/keys/verify` for services that have the key in hand.

use std::borrow::Cow;
use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use keyward_guard::Problem;
use keyward_key::Environment;
use keyward_key::format::TOKEN_START;
use keyward_key::verdict::{MAX_REQUIRED_SCOPES, Outcome, Requirement};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::Answer;
use super::asked::too_many_scopes;
use super::askers::Askers;
use super::endpoint::told;
use super::front::respond;
use super::ledger::Caller;
use super::reader::Unsure;
use super::verifier::{Verdict, Verifier};
use crate::clock::rfc3339;
use crate::http::body::{self, BodyError};
use crate::http::client::header_lines;
use crate::http::details::{sentence, unknown_field};
use crate::http::{TrustedProxies, request_id};

/// A key that somebody presented, and what it must be good for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "mk_live_…", "scopes": ["read:assets"]}))]
pub struct VerifyBody {
    key: Option<String>,
    /// One of these is enough, unless `all` is set.
    #[serde(default)]
    #[schema(max_items = 50)]
    scopes: Vec<String>,
    #[serde(default)]
    all: bool,
    /// The slug of the only project whose keys may pass.
    project: Option<String>,
    environment: Option<Environment>,
    /// Where the key was presented from; without it, where this request comes from.
    #[schema(value_type = Option<String>, example = "203.0.113.7")]
    client_ip: Option<IpAddr>,
}

/// The verdict. Everything about the key is null unless it is known.
#[derive(Default, Serialize, ToSchema)]
pub struct VerifyAnswer {
    valid: bool,
    /// `VALID`, `MISSING`, `NOT_FOUND`, `EXPIRED`, `REVOKED`, `WRONG_ENVIRONMENT`,
    /// `IP_NOT_ALLOWED`, `INSUFFICIENT_SCOPE` or `RATE_LIMITED`.
    #[schema(example = "VALID")]
    code: &'static str,
    /// A sentence about a refusal.
    #[schema(required, value_type = Option<String>)]
    detail: Option<&'static str>,
    #[schema(required)]
    key_id: Option<i64>,
    #[schema(required)]
    name: Option<String>,
    /// Who calls with the key; null if that was not said.
    #[schema(required)]
    consumer: Option<String>,
    /// The email of the person who answers for the key. Null without a personal token that may verify
    /// keys of the project.
    #[schema(required)]
    owner: Option<String>,
    /// What the key carries for the service behind it. Null as for `owner`.
    #[schema(required, value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    #[schema(required)]
    project: Option<String>,
    #[schema(required)]
    environment: Option<Environment>,
    #[schema(required)]
    scopes: Option<Vec<String>>,
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    #[schema(required)]
    rate_limit: Option<RateLimitAnswer>,
}

/// The verdict, as every resource is wrapped.
#[derive(Serialize, ToSchema)]
pub struct VerifyData {
    data: VerifyAnswer,
}

/// Where the key's rate limit stands.
#[derive(Serialize, ToSchema)]
struct RateLimitAnswer {
    limit: i64,
    remaining: u32,
    /// Until all of it may be used again.
    reset_seconds: u64,
}

/// Verify a key
///
/// Always 200 when the question was understood. Presenting the key is credential enough: the
/// answer says nothing that its holder could not find out. A service that sends a personal token
/// with the permission `keys:verify` also gets the key's owner and metadata. An instance can be set
/// up to answer nobody else.
#[utoipa::path(post, path = "/keys/verify", operation_id = "verifyKey",
    tag = "keys", request_body = VerifyBody,
    security((), ("bearer" = [])),
    responses((status = 200, description = "The verdict", body = VerifyData)))]
pub async fn verify(
    req: HttpRequest,
    payload: web::Payload,
    verifier: web::Data<Verifier>,
    askers: web::Data<Askers>,
    proxies: web::Data<TrustedProxies>,
) -> HttpResponse {
    let asker = match askers.recognise(token_in(&req)).await {
        Ok(asker) => asker,
        Err(rebuff) => return respond(&Answer::rebuff(rebuff)),
    };
    let asked = match read_body(&req, payload).await {
        Ok(asked) => asked,
        Err(problem) => return problem.respond(),
    };
    let ip = asked.client_ip.map(|ip| ip.to_canonical());
    let ip = ip.or_else(|| proxies.client_ip(&req));
    let caller = Caller::new(ip, header_lines(req.headers()));
    let required = Requirement {
        project: asked.project,
        environment: asked.environment,
        scopes: asked.scopes,
        all: asked.all,
    };
    let answer = |verdict: Verdict| answer_to(&told(asker.as_deref(), verdict));
    let verdict = match asked.key.as_deref().filter(|key| !key.is_empty()) {
        None => Ok(answer(Verdict::without_key(Outcome::Missing))),
        Some(secret) => verifier.verify(secret, &required, &caller, answer).await,
    };
    let with_details = async {
        let mut answer = verdict?;
        if let (Some(id), Some(_)) = (answer.key_id, asker) {
            let (owner, metadata) = verifier.details(id).await?.unwrap_or_default();
            (answer.owner, answer.metadata) = (owner, Some(metadata));
        }
        Ok(answer)
    };
    match with_details.await {
        Ok(data) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(VerifyData { data }),
        Err(Unsure) => respond(&Answer::unsure()),
    }
}

/// The personal token that a service asks with. Whatever else may be in the header says nothing here.
fn token_in(req: &HttpRequest) -> Option<&str> {
    let header = req.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = Some(token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
    let is_ours = |rest: &str| rest.starts_with('_');
    token
        .strip_prefix(TOKEN_START)
        .is_some_and(is_ours)
        .then_some(token)
}

fn answer_to(verdict: &Verdict) -> VerifyAnswer {
    let valid = verdict.outcome == Outcome::Valid;
    let mut answer = VerifyAnswer {
        valid,
        code: verdict.outcome.code(),
        detail: (!valid).then(|| verdict.outcome.detail()),
        ..VerifyAnswer::default()
    };
    if let Some((key, project)) = verdict.key {
        answer.key_id = Some(key.id);
        answer.name = Some(key.label().into_owned());
        answer.consumer = key.consumer().map(Cow::into_owned);
        answer.project = Some(project.slug.clone());
        answer.environment = Some(key.kind.environment);
        answer.scopes = Some(key.kind.listed_scopes());
        answer.expires_at = key.expires_at().map(rfc3339);
        answer.rate_limit = verdict.limit.map(|left| RateLimitAnswer {
            limit: left.limit.requests,
            remaining: left.requests,
            reset_seconds: left.reset_seconds,
        });
    }
    answer
}

async fn read_body(req: &HttpRequest, payload: web::Payload) -> Result<VerifyBody, Problem> {
    let read = body::read(payload.into_inner()).await.map_err(|error| {
        let (status, code) = match error {
            BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"),
            BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "TOO_SLOW"),
            BodyError::Broken(_) => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        };
        Problem::new(request_id(req), status, code, &error.to_string())
    })?;
    let mut reader = serde_json::Deserializer::from_slice(&read);
    let read = serde_path_to_error::deserialize(&mut reader);
    let read = read.map_err(|error| (error.path().to_string(), error.into_inner()));
    let read = read.and_then(|body| match reader.end() {
        Ok(()) => Ok(body),
        Err(error) => Err((".".to_owned(), error)),
    });
    let body: VerifyBody = read.map_err(|(path, error)| {
        if !error.is_data() {
            let (status, detail) = (StatusCode::BAD_REQUEST, "The body is not a JSON object.");
            return Problem::new(request_id(req), status, "BAD_REQUEST", detail);
        }
        // Serde adds where in the text it stopped.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let field = match path.as_str() {
            "." => unknown_field(message),
            path => path.to_owned(),
        };
        let (status, detail) = (StatusCode::UNPROCESSABLE_ENTITY, sentence(message));
        let whole = format!("{field}: {detail}");
        let problem = Problem::new(request_id(req), status, "INVALID", &whole);
        problem.with_errors([(field.as_str(), detail.as_str())].into_iter())
    })?;
    if !body::is_json(req.headers()) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let detail = "Send JSON, with the header Content-Type: application/json.";
        let code = "UNSUPPORTED_MEDIA_TYPE";
        return Err(Problem::new(request_id(req), status, code, detail));
    }
    if body.scopes.len() > MAX_REQUIRED_SCOPES {
        let (status, detail) = (StatusCode::BAD_REQUEST, too_many_scopes());
        return Err(Problem::new(request_id(req), status, "INVALID", &detail));
    }
    Ok(body)
}
