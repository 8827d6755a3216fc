//! The headers in which `/verify` says whose key it is and how much of its limit is left.

use actix_web::http::header::HeaderName;

/// The key's id.
pub const KEY_ID: HeaderName = HeaderName::from_static("x-keyward-key-id");
/// The slug of the key's project.
pub const PROJECT: HeaderName = HeaderName::from_static("x-keyward-project");
/// `live` or `test`.
pub const ENVIRONMENT: HeaderName = HeaderName::from_static("x-keyward-environment");
/// The key's scopes, separated by spaces.
pub const SCOPES: HeaderName = HeaderName::from_static("x-keyward-scopes");
/// The key's label, percent-encoded (RFC 3986, section 2.1).
pub const LABEL: HeaderName = HeaderName::from_static("x-keyward-label");
/// Who calls with the key, percent-encoded; empty if that was not said.
pub const CONSUMER: HeaderName = HeaderName::from_static("x-keyward-consumer");
/// The personal token that a service or a gateway asks Keyward with.
pub const TOKEN: HeaderName = HeaderName::from_static("x-keyward-token");
/// What is left of the limit (draft-ietf-httpapi-ratelimit-headers-10).
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The limit itself, from the same draft.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
