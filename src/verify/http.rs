//! `/verify` for gateways, and `POST /api/v1/keys/verify` for services.

use std::net::IpAddr;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::credential::{self, Credential};
use super::verifier::{Caller, Unsure, Verdict, Verifier};
use crate::clock::rfc3339;
use crate::http::body::{self, BodyError};
use crate::http::problem::request_id;
use crate::http::{Problem, TrustedProxies, client};
use crate::key::Environment;
use crate::key::verdict::{KnownKey, Outcome, Requirement};

/// `ANY /verify` and everything below it: the body is ignored, the answer is in the status and
/// the headers.
pub async fn verify(
    req: HttpRequest,
    verifier: web::Data<Verifier>,
    proxies: web::Data<TrustedProxies>,
) -> HttpResponse {
    let required = match requirement(req.query_string()) {
        Ok(required) => required,
        Err(detail) => {
            let problem = Problem::new(
                request_id(&req),
                StatusCode::BAD_REQUEST,
                "INVALID",
                &detail,
            );
            return problem.respond();
        }
    };
    let verdict = match credential::read(req.headers()) {
        Credential::Missing => Ok(Verdict::without_key(Outcome::Missing)),
        Credential::Ambiguous => Ok(Verdict::without_key(Outcome::Ambiguous)),
        Credential::One(secret) => {
            let ip = proxies.client_ip(&req).map(|ip| ip.to_string());
            let caller = Caller {
                ip,
                user_agent: client::user_agent(&req),
            };
            verifier.verify(secret, &required, caller).await
        }
    };
    match verdict {
        Ok(Verdict {
            outcome: Outcome::Valid,
            key: Some(key),
        }) => pass(&key),
        Ok(verdict) => refuse(&req, verdict.outcome, &required),
        Err(Unsure) => unsure(&req),
    }
}

/// Reads the query of `/verify`. A parameter it does not know is an error: a misspelt `scope`
/// must not let everything through.
fn requirement(query: &str) -> Result<Requirement, String> {
    let mut required = Requirement::default();
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
            // For gateways that know no 429; nothing answers 429 yet.
            "limit_status" if matches!(&*value, "403" | "429") => {}
            "limit_status" => return Err("`limit_status` is 403 or 429.".into()),
            name => return Err(format!("There is no parameter `{name}`.")),
        }
    }
    Ok(required)
}

fn environment(value: &str) -> Result<Environment, String> {
    value
        .parse()
        .map_err(|_| "`environment` is live or test.".into())
}

/// Every identity header is sent on every 200, even when empty, so that a client's own can't
/// slip through a gateway that copies them.
fn pass(key: &KnownKey) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("X-Keyward-Key-Id", key.id.to_string()))
        .insert_header(("X-Keyward-Project", key.project.as_str()))
        .insert_header(("X-Keyward-Environment", key.environment.as_str()))
        .insert_header(("X-Keyward-Scopes", key.scopes.join(" ")))
        .insert_header(("X-Keyward-Label", percent_encoded(&key.label)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

fn percent_encoded(label: &str) -> String {
    utf8_percent_encode(label, NON_ALPHANUMERIC).to_string()
}

fn refuse(req: &HttpRequest, outcome: Outcome, required: &Requirement) -> HttpResponse {
    let status = StatusCode::from_u16(outcome.status()).expect("a status of the table");
    let mut problem = Problem::new(request_id(req), status, outcome.code(), outcome.detail());
    if outcome == Outcome::InsufficientScope {
        problem = problem.with_required(&required.scopes);
    }
    let mut response = problem.respond();
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    headers.insert(
        header::WWW_AUTHENTICATE,
        header::HeaderValue::from_static(challenge(outcome)),
    );
    response
}

/// The challenge of RFC 6750, section 3.
fn challenge(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Missing => "Bearer realm=\"keyward\"",
        Outcome::Ambiguous => "Bearer realm=\"keyward\", error=\"invalid_request\"",
        Outcome::InsufficientScope => "Bearer realm=\"keyward\", error=\"insufficient_scope\"",
        _ => "Bearer realm=\"keyward\", error=\"invalid_token\"",
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
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
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
    project: Option<&'a str>,
    environment: Option<Environment>,
    scopes: Option<&'a [String]>,
    expires_at: Option<String>,
    rate_limit: Option<()>,
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
    let ip = asked
        .client_ip
        .or_else(|| proxies.client_ip(&req))
        .map(|ip| ip.to_string());
    let caller = Caller {
        ip,
        user_agent: client::user_agent(&req),
    };
    let required = Requirement {
        project: asked.project,
        environment: asked.environment,
        scopes: asked.scopes,
        all: asked.all,
    };
    let verdict = match asked.key.as_deref().filter(|key| !key.is_empty()) {
        None => Ok(Verdict::without_key(Outcome::Missing)),
        Some(secret) => verifier.verify(secret, &required, caller).await,
    };
    match verdict {
        Ok(verdict) => answer(&mut HttpResponse::Ok(), &verdict),
        Err(Unsure) => unsure(&req),
    }
}

fn answer(response: &mut HttpResponseBuilder, verdict: &Verdict) -> HttpResponse {
    let valid = verdict.outcome == Outcome::Valid;
    let mut answer = VerifyAnswer {
        valid,
        code: verdict.outcome.code(),
        detail: (!valid).then(|| verdict.outcome.detail()),
        ..VerifyAnswer::default()
    };
    if let Some(key) = &verdict.key {
        answer.key_id = Some(key.id);
        answer.name = Some(&key.label);
        answer.project = Some(&key.project);
        answer.environment = Some(key.environment);
        answer.scopes = Some(&key.scopes);
        answer.expires_at = key.expires_at.map(rfc3339);
    }
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
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
        let query = "scope=read:assets&scope=write%3Aassets&all=1&project=media&environment=test";
        let required = requirement(query).unwrap();
        assert_eq!(required.scopes, ["read:assets", "write:assets"]);
        assert!(required.all);
        assert_eq!(required.project.as_deref(), Some("media"));
        assert_eq!(required.environment, Some(Environment::Test));
        assert_eq!(requirement("").unwrap(), Requirement::default());
    }

    #[test]
    fn a_misspelt_parameter_lets_nothing_through() {
        for query in [
            "scopes=read:assets",
            "all=yes",
            "environment=prod",
            "limit_status=500",
        ] {
            assert!(requirement(query).is_err(), "{query}");
        }
    }
}
