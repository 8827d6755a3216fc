//! The ways an operation can be refused, worked out from what it takes, so that no operation is
//! documented without them.

use utoipa::Modify;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::operations;
use crate::web::api::base::error::ErrorCode;

/// Gives each operation its answers to refused calls, and `default` for failures of the service.
pub(super) struct Failures;

impl Modify for Failures {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut used = Vec::new();
        for (is_change, operation) in operations(document) {
            let codes = refusals(is_change, operation);
            let responses = &mut operation.responses.responses;
            for code in &codes {
                let name = Ref::from_response_name(name(*code));
                responses.insert(code.status().as_str().to_owned(), name.into());
            }
            let failure = Ref::from_response_name("Failure");
            responses.insert("default".to_owned(), failure.into());
            used.extend(codes);
        }
        let components = document.components.get_or_insert_default();
        let failure = response("It failed; `code` says why.");
        components.responses.insert("Failure".into(), failure);
        for code in used {
            let refusal = response(code.meaning());
            components.responses.insert(name(code), refusal);
        }
    }
}

/// What a call of `operation` can be refused with.
fn refusals(is_change: bool, operation: &Operation) -> Vec<ErrorCode> {
    let id = operation.operation_id.as_deref();
    let is_open = operation.security.is_some();
    let has_body = operation.request_body.is_some();
    let parameters = || {
        let all = operation.parameters.iter().flatten();
        all.filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
    };
    let has_path = parameters().any(|one| one.parameter_in == ParameterIn::Path);
    let has_options = parameters().any(|one| one.parameter_in != ParameterIn::Path);
    let has_precondition = parameters().any(|one| one.name == "If-Match");
    let table = [
        (ErrorCode::BadRequest, has_body || has_options),
        // Verifications can be for services with a token alone.
        (ErrorCode::Unauthorized, !is_open || id == Some("verifyKey")),
        (ErrorCode::WrongPassword, id == Some("signIn")),
        (ErrorCode::Forbidden, true),
        (ErrorCode::NotFound, has_path),
        (ErrorCode::TooSlow, has_body),
        (ErrorCode::Conflict, is_change && !is_open),
        (ErrorCode::PreconditionFailed, has_precondition),
        (ErrorCode::TooLarge, has_body),
        (ErrorCode::UnsupportedMediaType, has_body),
        (ErrorCode::Invalid, has_body || has_options),
        (ErrorCode::RateLimited, id != Some("verifyKey")),
    ];
    let possible = table.into_iter().filter(|(_, is_possible)| *is_possible);
    possible.map(|(code, _)| code).collect()
}

/// What the answer is called in the document.
fn name(code: ErrorCode) -> String {
    format!("{code:?}")
}

fn response(description: &str) -> RefOr<Response> {
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", problem)
        .build()
        .into()
}
