//! The bounds of the rate limits of keys and projects.

use serde_json::{Value, json};

use super::FieldError;
use crate::records::RateLimit;

/// The most requests in a rate limit.
const MAX_REQUESTS: i64 = 1_000_000;
/// The most seconds in a rate limit: a day.
const MAX_SECONDS: i64 = 86_400;

/// Adds what is wrong with `limit` to `errors`.
pub(super) fn check(limit: RateLimit, errors: &mut Vec<FieldError>) {
    if !(1..=MAX_REQUESTS).contains(&limit.requests) {
        let detail = "Enter a whole number of requests from 1 to 1,000,000.";
        errors.push(FieldError::new("rate_limit.requests", detail));
    }
    if !(1..=MAX_SECONDS).contains(&limit.seconds) {
        let detail = "Enter a whole number of seconds from 1 to 86,400 (a day).";
        errors.push(FieldError::new("rate_limit.seconds", detail));
    }
}

/// What the audit log says about a rate limit.
pub(super) fn to_json(limit: Option<RateLimit>) -> Value {
    limit.map_or(
        Value::Null,
        |limit| json!({"requests": limit.requests, "seconds": limit.seconds}),
    )
}
