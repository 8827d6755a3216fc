//! What `/verify` answers, whichever way it is sent.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use keyward_guard::headers::{
    CONSUMER, ENVIRONMENT, KEY_ID, LABEL, PROJECT, RATE_LIMIT, RATE_LIMIT_POLICY, SCOPES,
};
use keyward_guard::problem::{Problem, UNCHECKED, status_of};
use keyward_key::verdict::Outcome;

use super::asked::Asked;
use super::askers::Rebuff;
use super::entry::Entry;
use super::limits::Remaining;
use super::verifier::Verdict;
use crate::db::known_keys::KnownProject;

/// An answer: status, header fields and, unless the key passes, a body.
pub(super) enum Answer<'a> {
    /// The key passes. Never has a body, which could be mistaken for the upstream's.
    Pass {
        key: &'a Entry,
        project: &'a KnownProject,
        limit: Option<Remaining>,
    },
    /// It does not, or nobody knows.
    Refusal {
        status: StatusCode,
        problem: Box<Problem>,
        challenge: Option<&'static str>,
        limit: Option<Remaining>,
        retry_after: Option<u64>,
    },
}

/// What header fields are written to. Values come in parts, to be joined by copying: formatting
/// costs three times as much.
pub(super) trait Fields {
    /// Adds a field.
    fn add(&mut self, name: HeaderName, value: &[&str]);
}

impl<'a> Answer<'a> {
    /// The answer to what was asked.
    pub(super) fn to(asked: &Asked, verdict: &Verdict<'a>) -> Self {
        match verdict.key {
            Some((key, project)) if verdict.outcome == Outcome::Valid => Answer::Pass {
                key,
                project,
                limit: verdict.limit,
            },
            _ => Self::refuse(asked, verdict),
        }
    }

    fn refuse(asked: &Asked, verdict: &Verdict) -> Self {
        let outcome = verdict.outcome;
        let status = match (outcome, asked.limit_status) {
            (Outcome::RateLimited, Some(instead)) => instead,
            _ => status_of(outcome),
        };
        let required: &[String] = match outcome {
            Outcome::InsufficientScope => &asked.required.scopes,
            _ => &[],
        };
        let problem = problem(status, outcome.code(), outcome.detail());
        Answer::Refusal {
            status,
            problem: Box::new(problem.with_required(required)),
            challenge: challenge(outcome),
            limit: verdict.limit,
            retry_after: None,
        }
    }

    /// The answer to a question that can't be understood; `detail` says why.
    pub(super) fn not_understood(detail: &str) -> Self {
        Self::failed(StatusCode::BAD_REQUEST, "INVALID", detail, None)
    }

    /// The answer to somebody who may not ask.
    pub(super) fn rebuff(rebuff: Rebuff) -> Self {
        let (status, code, detail) = match rebuff {
            Rebuff::Missing => (
                StatusCode::UNAUTHORIZED,
                "UNAUTHORIZED",
                "Keys are verified only for services that send a personal token with the permission \
                 keys:verify",
            ),
            Rebuff::Unknown => (
                StatusCode::UNAUTHORIZED,
                "UNAUTHORIZED",
                "The personal token is unknown, revoked or expired",
            ),
            Rebuff::Forbidden => (
                StatusCode::FORBIDDEN,
                "FORBIDDEN",
                "The personal token lacks the permission keys:verify",
            ),
            Rebuff::Unsure => return Self::unsure(),
        };
        Self::failed(status, code, detail, None)
    }

    /// Not being sure never means yes: 503.
    pub(super) fn unsure() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::failed(status, "UNAVAILABLE", UNCHECKED, Some(1))
    }

    /// The console has no place for this request.
    pub(super) fn crowded() -> Self {
        let detail = "Too many requests are being answered. Try again in a moment.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::failed(status, "UNAVAILABLE", detail, Some(1))
    }

    fn failed(status: StatusCode, code: &'static str, detail: &str, retry: Option<u64>) -> Self {
        Answer::Refusal {
            status,
            problem: Box::new(problem(status, code, detail)),
            challenge: None,
            limit: None,
            retry_after: retry,
        }
    }

    /// The status.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Answer::Pass { .. } => StatusCode::OK,
            Answer::Refusal { status, .. } => *status,
        }
    }

    /// Writes the header fields, except those about the body's length and the connection.
    ///
    /// Every identity field is sent on every 200, even when empty, so that a client's own can't slip
    /// through a gateway that copies them.
    pub(super) fn fields(&self, out: &mut impl Fields) {
        out.add(header::CACHE_CONTROL, &["no-store"]);
        match self {
            Answer::Pass {
                key,
                project,
                limit,
            } => {
                out.add(KEY_ID, &[itoa::Buffer::new().format(key.id)]);
                let (label, consumer) = key.encoded();
                out.add(LABEL, &[label]);
                out.add(CONSUMER, &[consumer]);
                out.add(PROJECT, &[&project.slug]);
                out.add(SCOPES, &[&key.kind.scopes]);
                out.add(ENVIRONMENT, &[key.kind.environment.as_str()]);
                tell_limit(out, *limit);
            }
            Answer::Refusal {
                challenge,
                limit,
                retry_after,
                ..
            } => {
                out.add(header::CONTENT_TYPE, &["application/problem+json"]);
                out.add(header::X_CONTENT_TYPE_OPTIONS, &["nosniff"]);
                if let Some(challenge) = challenge {
                    out.add(header::WWW_AUTHENTICATE, &[challenge]);
                }
                tell_limit(out, *limit);
                if let Some(seconds) = retry_after {
                    out.add(header::RETRY_AFTER, &[itoa::Buffer::new().format(*seconds)]);
                }
            }
        }
    }

    /// The body, if it has one.
    pub(super) fn body(&self) -> Option<String> {
        match self {
            Answer::Pass { .. } => None,
            Answer::Refusal { problem, .. } => Some(problem.to_json()),
        }
    }
}

/// A problem with an id for the caller's log and, at level `debug`, ours.
fn problem(status: StatusCode, code: &'static str, detail: &str) -> Problem {
    let id = uuid::Uuid::new_v4().to_string();
    tracing::debug!(request_id = id, code, "refused");
    Problem::new(Some(id), status, code, detail)
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), and
/// `Retry-After` (RFC 9110) where the limit is reached.
fn tell_limit(out: &mut impl Fields, limit: Option<Remaining>) {
    let Some(left) = limit else { return };
    let mut digits = [itoa::Buffer::new(), itoa::Buffer::new()];
    let [first, second] = &mut digits;
    let (requests, seconds) = (left.limit.requests, left.limit.seconds);
    let (requests, seconds) = (first.format(requests), second.format(seconds));
    out.add(RATE_LIMIT_POLICY, &["\"key\";q=", requests, ";w=", seconds]);
    let (requests, seconds) = (
        first.format(left.requests),
        second.format(left.next_seconds),
    );
    out.add(RATE_LIMIT, &["\"key\";r=", requests, ";t=", seconds]);
    if let Some(seconds) = left.retry_after {
        out.add(header::RETRY_AFTER, &[first.format(seconds)]);
    }
}

/// The challenge of RFC 6750, section 3.
fn challenge(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Valid | Outcome::RateLimited => None,
        Outcome::Missing => Some("Bearer realm=\"keyward\""),
        Outcome::Ambiguous => Some("Bearer realm=\"keyward\", error=\"invalid_request\""),
        Outcome::InsufficientScope => {
            Some("Bearer realm=\"keyward\", error=\"insufficient_scope\"")
        }
        _ => Some("Bearer realm=\"keyward\", error=\"invalid_token\""),
    }
}
