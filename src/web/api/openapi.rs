//! The OpenAPI 3.1 document, made from the handlers.

mod failures;
mod parameters;
mod wrappers;

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use failures::Failures;
use parameters::Parameters;
use wrappers::Wrappers;

use super::base::error::{ApiError, ErrorCode};
use super::{account, audit, grants, keys, projects, scopes, session, tokens, users};
use crate::verify;

/// A failure (RFC 9457, `application/problem+json`).
#[derive(Serialize, ToSchema)]
struct Problem {
    r#type: String,
    #[schema(example = "Not Found")]
    title: String,
    #[schema(example = 404)]
    status: u16,
    /// A sentence that tells a person exactly what is wrong.
    #[schema(example = "This page doesn't exist, or you don't have access to it.")]
    detail: String,
    code: ErrorCode,
    /// Names the request in the instance's log.
    #[schema(required)]
    request_id: Option<String>,
    /// What is wrong with each field, where that is what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldProblem>>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
struct FieldProblem {
    #[schema(example = "rate_limit.requests")]
    field: String,
    #[schema(example = "Enter a whole number of requests from 1 to 1,000,000.")]
    detail: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keyward",
        description = "The management API of Keyward: everything that its console does. Every \
            request but signing in and verifying carries `Authorization: Bearer` with a personal \
            token (`kwp_…`, made on the account page) or the token of `POST /session`. \
            `/api/…` without a version answers as the current version. Paths under \
            `/projects/{project}/keys` also have a short form, `/keys…`, where lists and new keys \
            are of the project that the token is bound to, else of `default`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/api/v1")),
    paths(
        keys::collection::list, keys::collection::create, verify::json::verify, keys::one::read,
        keys::one::edit, keys::one::revoke, keys::one::state, keys::usage::read,
        keys::rotation::rotate,
        projects::list, projects::create, projects::read, projects::edit, projects::archive,
        scopes::list, scopes::add_ready, scopes::read, scopes::put, scopes::delete,
        grants::list_on_project, grants::put_on_project, grants::delete_on_project,
        grants::list_on_all, grants::put_on_all, grants::delete_on_all,
        users::list, users::create, users::read, users::edit, users::create_link,
        users::delete_sessions,
        tokens::list_own, tokens::create, tokens::read_own, tokens::revoke_own,
        tokens::list_of_user, tokens::revoke_of_user,
        account::read, account::put_password, account::sessions, account::delete_sessions,
        account::delete_session,
        audit::log::list, audit::log::read, audit::chain::read, audit::export::create,
        session::create,
    ),
    components(schemas(Problem, FieldProblem)),
    security(("bearer" = [])),
    tags(
        (name = "keys", description = "API keys: list, create, edit, rotate, revoke, verify."),
        (name = "projects", description = "What keys belong to."),
        (name = "scopes", description = "The scopes that the keys of a project can have."),
        (name = "grants", description = "Who has which role, on a project or on all."),
        (name = "users", description = "People."),
        (name = "tokens", description = "Personal tokens, for scripts."),
        (name = "account", description = "Your own password and sessions."),
        (name = "audit", description = "Who did what, when, from where."),
        (name = "session", description = "Sign in with email and password."),
    ),
    modifiers(&Credential, &Failures, &Parameters, &Wrappers),
)]
struct Document;

/// How a caller says who asks.
struct Credential;

impl Modify for Credential {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A personal token, or the token of POST /session."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    }
}

/// Every operation, and whether its method may change something.
fn operations(
    document: &mut utoipa::openapi::OpenApi,
) -> impl Iterator<Item = (bool, &mut Operation)> {
    let items = document.paths.paths.values_mut();
    items.flat_map(|item| {
        let read = item.get.iter_mut().map(|operation| (false, operation));
        let methods = [
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        let change = methods.into_iter().flatten();
        read.chain(change.map(|operation| (true, operation)))
    })
}

static JSON: LazyLock<String> =
    LazyLock::new(|| Document::openapi().to_json().expect("a document of ours"));

/// The document as JSON.
pub fn json() -> &'static str {
    &JSON
}

/// `GET /api/v1/openapi.json`, for anybody: it says nothing that is not in the handbook.
pub async fn show(_req: HttpRequest) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(json()))
}
