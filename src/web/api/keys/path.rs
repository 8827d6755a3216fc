//! Which keys a path is about. A project's keys are at `/projects/{project}/keys…`; the short form,
//! `/keys…`, leaves the project out.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::{DomainError, FieldError};
use crate::web::api::base::error::ApiError;

/// The slug of the project that the path names; `None` in the short form.
pub struct InProject(pub Option<String>);

/// The key that the path names.
#[derive(Clone, Debug)]
pub struct KeyPath {
    /// The slug of the project; `None` in the short form.
    pub project: Option<String>,
    /// The key's id.
    pub id: i64,
}

impl InProject {
    /// The slug of the project that a call is about: the one in the path or, in the short form,
    /// the one that the query or the body names. If they name different ones, that goes into
    /// `errors`.
    pub fn or_named(&self, named: Option<String>, errors: &mut Vec<FieldError>) -> Option<String> {
        let Some(project) = &self.0 else {
            return named;
        };
        if named.is_some_and(|named| named != *project) {
            let detail = "The path names another project.";
            errors.push(FieldError::new("project", detail));
        }
        Some(project.clone())
    }
}

impl FromRequest for InProject {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(InProject(project(req))))
    }
}

impl FromRequest for KeyPath {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = req.match_info().get("id").and_then(|id| id.parse().ok());
        let path = id.map(|id| KeyPath {
            project: project(req),
            id,
        });
        ready(path.ok_or(ApiError::from(DomainError::NotFound)))
    }
}

fn project(req: &HttpRequest) -> Option<String> {
    req.match_info().get("project").map(str::to_owned)
}

/// The path of the key `id`, in the form that the creating call used.
pub fn location(project: Option<&str>, id: i64) -> String {
    match project {
        Some(slug) => format!("/api/v1/projects/{slug}/keys/{id}"),
        None => format!("/api/v1/keys/{id}"),
    }
}
