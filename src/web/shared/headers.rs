//! The headers on every answer.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::DefaultHeaders;

/// Only our own files run; nothing may be framed, sniffed or kept in a cache.
const ALWAYS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
    ("cache-control", "no-store"),
];
/// A browser that has used https once must use it for a year.
const ON_HTTPS: (&str, &str) = ("strict-transport-security", "max-age=31536000");

/// The middleware that adds the headers an answer does not have yet.
pub fn defaults(https: bool) -> DefaultHeaders {
    all(https).fold(DefaultHeaders::new(), |headers, header| headers.add(header))
}

/// Adds them to an answer that no longer passes through any middleware.
pub fn add_to(headers: &mut HeaderMap, https: bool) {
    for (name, value) in all(https) {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
}

fn all(https: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    ALWAYS.into_iter().chain(https.then_some(ON_HTTPS))
}
