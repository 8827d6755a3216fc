//! Which answers are compressed, so that no secret can be guessed from an answer's length (BREACH).

use actix_http::encoding::Encoder;
use actix_web::Error;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    self, AcceptEncoding, ContentEncoding, Encoding, Header, HeaderValue,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;

use super::cross_site;

/// A shorter body fits into one packet as it is.
const WORTH_IT: u64 = 1024;

/// Marks the answer to a `GET` that repeats a secret.
struct HoldsSecret;

/// Keeps this answer as it is: it holds a secret. Only answers to `GET` need this, because no others
/// are ever compressed.
pub fn keep_plain(response: &mut HttpResponse) {
    response.extensions_mut().insert(HoldsSecret);
}

/// The middleware that compresses pages and JSON. It takes answers to `GET` alone: new secrets are
/// only ever in answers to other methods. What another site made a browser ask for stays as it is,
/// so that nobody can guess at what it holds. Forms mask their tokens (`csrf::masked`).
///
/// # Errors
/// Those of what it wraps.
pub async fn of_what_is_safe(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody + 'static>, Error> {
    let is_read = matches!(*req.method(), Method::GET | Method::HEAD);
    let is_safe = is_read && !cross_site::is_from_elsewhere(req.headers());
    let encoding = match is_safe {
        true => preferred(&req),
        false => ContentEncoding::Identity,
    };
    let mut response = next.call(req).await?;
    if !is_read || !is_compressible(&response) {
        return Ok(response
            .map_body(|head, body| Encoder::response(ContentEncoding::Identity, head, body)));
    }
    let is_long = match response.response().body().size() {
        BodySize::Sized(size) => size >= WORTH_IT,
        BodySize::Stream => true,
        BodySize::None => false,
    };
    if encoding == ContentEncoding::Identity || !is_long {
        let vary = HeaderValue::from_static("accept-encoding");
        response.headers_mut().append(header::VARY, vary);
        return Ok(response
            .map_body(|head, body| Encoder::response(ContentEncoding::Identity, head, body)));
    }
    weaken_tag(&mut response);
    Ok(response.map_body(|head, body| Encoder::response(encoding, head, body)))
}

/// What the client prefers of what we have.
fn preferred(req: &ServiceRequest) -> ContentEncoding {
    let known = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(req).ok();
    match accepted.and_then(|accepted| accepted.negotiate(known.iter())) {
        Some(Encoding::Known(encoding)) => encoding,
        _ => ContentEncoding::Identity,
    }
}

/// Whether it is a page or JSON, and holds no secret. A 304 says the same `Vary` as what it stands
/// for.
fn is_compressible<B>(response: &ServiceResponse<B>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_text = kind.is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.starts_with(b"text/html") || kind.starts_with(b"application/json")
    });
    let is_kept_plain = response.response().extensions().contains::<HoldsSecret>();
    match response.status() {
        StatusCode::OK => is_text && !is_kept_plain,
        StatusCode::NOT_MODIFIED => true,
        _ => false,
    }
}

/// A strong tag stands for the same bytes (RFC 9110, section 8.8.1), and these are others.
fn weaken_tag<B>(response: &mut ServiceResponse<B>) {
    let tag = response.headers().get(header::ETAG);
    let tag = tag.filter(|tag| tag.as_bytes().starts_with(b"\""));
    let weak = tag.and_then(|tag| HeaderValue::from_str(&format!("W/{}", tag.to_str().ok()?)).ok());
    if let Some(weak) = weak {
        response.headers_mut().insert(header::ETAG, weak);
    }
}
