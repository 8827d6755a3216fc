//! Asking Keyward about a request's key, and passing its refusal on.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};

use crate::credential::is_credential;
use crate::guard::{ApiKey, identity};
use crate::headers::{RATE_LIMIT, RATE_LIMIT_POLICY, TOKEN};
use crate::problem::{Problem, UNCHECKED};

/// How long Keyward may take to answer. After that, the request is refused.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// The largest refusal that is passed on, in bytes.
const MAX_REFUSAL: usize = 16 * 1024;

/// A client that keeps its connections to Keyward open.
pub(crate) fn client() -> Client {
    Client::builder()
        .timeout(TIME_LIMIT)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client without TLS needs nothing of the system")
}

/// What Keyward says about the key of `req`, when asked with `token`.
pub(crate) async fn keyward(
    client: &Client,
    url: &str,
    token: Option<&HeaderValue>,
    req: &ServiceRequest,
) -> Result<ApiKey, HttpResponse> {
    let mut asking = client.get(url);
    // All of them, so that nobody reads a different key than the one Keyward checks.
    let credentials = req.headers().iter().filter(|(name, _)| is_credential(name));
    let agent = req.headers().get(header::USER_AGENT);
    let agent = agent.map(|agent| (&header::USER_AGENT, agent));
    for (name, value) in credentials.chain(agent) {
        asking = asking.header(name.as_str(), value.as_bytes());
    }
    if let Some(token) = token {
        asking = asking.header(TOKEN.as_str(), token.as_bytes());
    }
    if let Some(peer) = req.peer_addr() {
        asking = asking.header(header::X_FORWARDED_FOR.as_str(), peer.ip().to_string());
    }
    let answer = asking
        .send()
        .await
        .map_err(|error| no_answer(&error.to_string()))?;
    let status = StatusCode::from_u16(answer.status().as_u16());
    let headers = headers_of(&answer);
    match status.unwrap_or(StatusCode::BAD_GATEWAY) {
        StatusCode::OK => {
            identity(&headers).ok_or_else(|| no_answer("it is not Keyward that answers"))
        }
        status @ (StatusCode::BAD_REQUEST
        | StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::TOO_MANY_REQUESTS) => {
            let body = refusal_of(answer).await.map_err(|why| no_answer(&why))?;
            let mut refusal = HttpResponse::with_body(status, BoxBody::new(body));
            hand_on(&headers, refusal.headers_mut());
            Err(refusal)
        }
        status => Err(no_answer(&format!("it answers with {status}"))),
    }
}

/// The headers of an answer, as actix-web has them: it and the client use different versions of
/// the `http` crate.
fn headers_of(answer: &reqwest::Response) -> HeaderMap {
    let headers = answer.headers().iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_ref()).ok()?;
        Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    headers.collect()
}

/// The body of a refusal, or why it can't be had.
async fn refusal_of(mut answer: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
        if body.len() + chunk.len() > MAX_REFUSAL {
            return Err("its refusal is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The headers of a refusal that are for the client.
fn hand_on(from: &HeaderMap, to: &mut HeaderMap) {
    for name in [
        header::CONTENT_TYPE,
        header::CACHE_CONTROL,
        header::WWW_AUTHENTICATE,
        header::RETRY_AFTER,
        RATE_LIMIT,
        RATE_LIMIT_POLICY,
    ] {
        if let Some(value) = from.get(&name) {
            to.insert(name, value.clone());
        }
    }
}

/// The answer when Keyward gives none: nothing passes.
fn no_answer(why: &str) -> HttpResponse {
    tracing::error!(why, "Keyward could not be asked");
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Problem::new(None, status, "UNAVAILABLE", UNCHECKED).respond()
}
