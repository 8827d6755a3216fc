//! Errors as JSON: RFC 9457 `application/problem+json`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use keyward_key::verdict::Outcome;
use serde::Serialize;

/// The `detail` when it could not be decided whether the key may pass.
pub const UNCHECKED: &str = "The key could not be checked. Try again in a moment.";

/// The body of a refused or failed request.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    status: u16,
    detail: String,
    code: String,
    request_id: Option<String>,
    /// What is wrong with each field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// Which scopes were required, where that is what was missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required: Vec<String>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize)]
struct FieldProblem {
    field: String,
    detail: String,
}

impl Problem {
    /// A problem with a sentence that tells people exactly what is wrong, and a code for programs.
    pub fn new(request_id: Option<String>, status: StatusCode, code: &str, detail: &str) -> Self {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.to_owned(),
            code: code.to_owned(),
            request_id,
            errors: Vec::new(),
            required: Vec::new(),
        }
    }

    /// Adds the scopes that were required.
    pub fn with_required(mut self, required: &[String]) -> Self {
        self.required = required.to_vec();
        self
    }

    /// Adds what is wrong with each field.
    pub fn with_errors<'a>(mut self, errors: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let named = errors.map(|(field, detail)| FieldProblem {
            field: field.to_owned(),
            detail: detail.to_owned(),
        });
        self.errors = named.collect();
        self
    }

    /// The problem as an HTTP response.
    pub fn respond(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        HttpResponse::build(status)
            .content_type("application/problem+json")
            .body(self.to_json())
    }

    /// The problem as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers")
    }
}

/// The HTTP status for this outcome.
pub fn status_of(outcome: Outcome) -> StatusCode {
    StatusCode::from_u16(outcome.status()).expect("a status of the table")
}
