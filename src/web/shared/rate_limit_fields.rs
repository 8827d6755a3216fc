//! The two fields of a rate limit, wherever a form has them.

use crate::domain::FieldError;
use crate::records::RateLimit;
use crate::web::shared::times::{grouped, plural};

/// Reads the fields; if both are empty, there is no limit. What can't be read goes into `errors`.
pub fn read(requests: &str, seconds: &str, errors: &mut Vec<FieldError>) -> Option<RateLimit> {
    let (requests, seconds) = (requests.trim(), seconds.trim());
    if requests.is_empty() && seconds.is_empty() {
        return None;
    }
    let mut number = |field, text: &str, noun| {
        let number = text.parse::<i64>().ok();
        if number.is_none() {
            let detail = format!("Enter a whole number of {noun}.");
            errors.push(FieldError::new(field, detail));
        }
        number
    };
    let requests = number("rate_limit.requests", requests, "requests");
    let seconds = number("rate_limit.seconds", seconds, "seconds");
    Some(RateLimit {
        requests: requests?,
        seconds: seconds?,
    })
}

/// What the fields show for `limit`.
pub fn written(limit: Option<RateLimit>) -> (String, String) {
    match limit {
        Some(limit) => (limit.requests.to_string(), limit.seconds.to_string()),
        None => (String::new(), String::new()),
    }
}

/// "600 requests in 60 s".
pub fn in_words(limit: RateLimit) -> String {
    let requests = plural(limit.requests, "request");
    format!("{requests} in {} s", grouped(limit.seconds))
}
