//! Every failure of the management API becomes a problem (RFC 9457) here, and nowhere else.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError, web};
use keyward_guard::Problem;
use serde::Serialize;
use strum::VariantArray;
use utoipa::ToSchema;

use crate::access::Denial;
use crate::db::outage;
use crate::domain::{DomainError, FieldError};
use crate::http::body::BodyError;
use crate::http::{TrustedProxies, request_id};
use crate::web::shared::api_limits::Left;
use crate::web::shared::guarded_sign_in::SignInError;
use crate::web::shared::throttle::TooMany;
use crate::web::shared::{AppState, cross_site};

/// What a program can tell failures apart by.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// 400: the request can't be understood.
    BadRequest,
    /// 401: the token is missing, invalid, expired or revoked.
    Unauthorized,
    /// 401: at sign-in, the email address and the password don't match.
    WrongPassword,
    /// 403: the role or the token's permissions do not allow this, or another site sent it.
    Forbidden,
    /// 404: it does not exist, or the caller may not know that it does.
    NotFound,
    /// 405: the address exists, but does not support the method.
    MethodNotAllowed,
    /// 408: the body took too long to arrive.
    TooSlow,
    /// 409: another change came first, or this one contradicts what exists.
    Conflict,
    /// 412: the resource is no longer what `If-Match` requires.
    PreconditionFailed,
    /// 413: the body is larger than 64 KiB.
    TooLarge,
    /// 415: there is a body, and its content type is not JSON.
    UnsupportedMediaType,
    /// 422: fields are invalid; `errors` in the answer names each of them.
    Invalid,
    /// 429: too many requests or sign-in attempts; the answer has `Retry-After`.
    RateLimited,
    /// 500: a fault in Keyward. Nothing was changed.
    Internal,
    /// 503: the database is unavailable. Nothing was changed.
    Unavailable,
    /// 503: the database did not confirm the change, which may still have been made.
    Unknown,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: &[ErrorCode] = ErrorCode::VARIANTS;

    /// What it means, for the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            ErrorCode::BadRequest => "The request could not be read.",
            ErrorCode::Unauthorized => "The token is missing or invalid.",
            ErrorCode::WrongPassword => "Wrong email or password.",
            ErrorCode::Forbidden => "The role or the token's permissions do not allow this.",
            ErrorCode::NotFound => "Not found, or not visible to you.",
            ErrorCode::MethodNotAllowed => "This address does not take such requests.",
            ErrorCode::TooSlow => "The body took too long to arrive.",
            ErrorCode::Conflict => "Conflicts with the current state.",
            ErrorCode::PreconditionFailed => "It is not what If-Match says it should be.",
            ErrorCode::TooLarge => "The body is larger than 64 KiB.",
            ErrorCode::UnsupportedMediaType => "The body is not JSON.",
            ErrorCode::Invalid => "Fields are wrong; errors names each.",
            ErrorCode::RateLimited => {
                "Too many requests, or attempts to sign in; Retry-After says how long to wait."
            }
            ErrorCode::Internal => "Something went wrong on our side. Nothing was changed.",
            ErrorCode::Unavailable => "The database is away for the moment. Nothing was changed.",
            ErrorCode::Unknown => {
                "The database did not confirm the change. Check whether it was saved before you try \
                 again."
            }
        }
    }

    /// The code as JSON has it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The status of answers with this code.
    pub fn status(self) -> StatusCode {
        match self {
            ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
            ErrorCode::Unauthorized | ErrorCode::WrongPassword => StatusCode::UNAUTHORIZED,
            ErrorCode::Forbidden => StatusCode::FORBIDDEN,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::TooSlow => StatusCode::REQUEST_TIMEOUT,
            ErrorCode::Conflict => StatusCode::CONFLICT,
            ErrorCode::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::Unavailable | ErrorCode::Unknown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Everything a call can fail with.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A use case failed.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The body is too large, arrived too slowly, or was cut off.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The request can't be understood. Holds one sentence for the client.
    #[error("{0}")]
    BadRequest(String),
    /// The body is not JSON.
    #[error("the body is not JSON")]
    UnsupportedMediaType,
    /// The token is missing, invalid, expired or revoked.
    #[error("nobody came with a token that lets in")]
    Unauthorized,
    /// The email address and the password don't match.
    #[error("wrong email or password")]
    WrongPassword,
    /// A page of another site made a browser send it.
    #[error("another site sent this")]
    CrossSite,
    /// There were too many requests or sign-in attempts.
    #[error("too many requests")]
    TooMany(TooMany),
}

impl From<TooMany> for ApiError {
    fn from(too_many: TooMany) -> Self {
        ApiError::TooMany(too_many)
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::TooMany(too_many) => too_many.into(),
            SignInError::Domain(error) => error.into(),
        }
    }
}

impl ApiError {
    fn code(&self) -> ErrorCode {
        match self {
            ApiError::Domain(error) => match error {
                DomainError::NotFound | DomainError::Denied(Denial { hidden: true, .. }) => {
                    ErrorCode::NotFound
                }
                DomainError::Denied(_) | DomainError::TokenCant(_) => ErrorCode::Forbidden,
                DomainError::NoLonger => ErrorCode::Unauthorized,
                DomainError::Invalid(_) => ErrorCode::Invalid,
                DomainError::Stale => ErrorCode::PreconditionFailed,
                DomainError::Conflict(_) => ErrorCode::Conflict,
                DomainError::Unavailable(_) => ErrorCode::Unavailable,
                DomainError::TimedOut => ErrorCode::Unknown,
                DomainError::Internal(_) => ErrorCode::Internal,
            },
            ApiError::Body(BodyError::TooLarge) => ErrorCode::TooLarge,
            ApiError::Body(BodyError::TooSlow) => ErrorCode::TooSlow,
            ApiError::Body(BodyError::Broken(_)) | ApiError::BadRequest(_) => ErrorCode::BadRequest,
            ApiError::UnsupportedMediaType => ErrorCode::UnsupportedMediaType,
            ApiError::Unauthorized => ErrorCode::Unauthorized,
            ApiError::WrongPassword => ErrorCode::WrongPassword,
            ApiError::CrossSite => ErrorCode::Forbidden,
            ApiError::TooMany(_) => ErrorCode::RateLimited,
        }
    }

    /// One sentence for people that says exactly what is wrong.
    fn detail(&self) -> String {
        match self {
            ApiError::Domain(error) => match error {
                DomainError::Denied(Denial { hidden: true, .. }) | DomainError::NotFound => {
                    "This page doesn't exist, or you don't have access to it.".into()
                }
                DomainError::Denied(denial) => format!(
                    "Neither your role nor your token allows you to {}. It takes the permission \
                     {}.",
                    denial.action.as_str(),
                    denial.action.permission()
                ),
                DomainError::NoLonger => ApiError::Unauthorized.detail(),
                DomainError::TokenCant(message) => (*message).into(),
                DomainError::Invalid(errors) => in_one_sentence(errors),
                DomainError::Stale => {
                    "It was changed after you read it. Read it again, then change it.".into()
                }
                DomainError::Conflict(message) => message.clone(),
                DomainError::Unavailable(_) => {
                    "The database can't be reached right now. Nothing was changed. Try again in \
                     a moment."
                        .into()
                }
                DomainError::TimedOut => {
                    "The database did not confirm the change. Check whether it was saved \
                     before you try again."
                        .into()
                }
                DomainError::Internal(_) => {
                    "Something went wrong on our side. Nothing was changed.".into()
                }
            },
            ApiError::Body(error) => error.to_string(),
            ApiError::BadRequest(message) => message.clone(),
            ApiError::UnsupportedMediaType => {
                "Send JSON, with the header Content-Type: application/json.".into()
            }
            ApiError::Unauthorized => {
                "Send a personal token, or the token of POST /api/v1/session, as Authorization: \
                 Bearer. The first ends when it expires or is revoked, the second after 15 \
                 minutes, with another password, or when a role is removed; both when the person is disabled."
                    .into()
            }
            ApiError::CrossSite => "Pages of other sites may not call this.".into(),
            ApiError::WrongPassword => "Wrong email or password.".into(),
            ApiError::TooMany(too_many) => {
                format!("Too many requests. Wait {} seconds.", too_many.retry_after)
            }
        }
    }
}

fn in_one_sentence(errors: &[FieldError]) -> String {
    let each = errors
        .iter()
        .map(|error| format!("{}: {}", error.field, error.detail));
    each.collect::<Vec<_>>().join(" ")
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    /// The bare status; [`answer`] writes the problem, because only it knows the request.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// The middleware that counts requests by address, reports what is left of the limits, and writes
/// the answers to errors.
pub async fn answer(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = request_id(req.request());
    if cross_site::is_foreign(&req) {
        return Ok(req.into_response(problem(id, &ApiError::CrossSite)));
    }
    let state = req.app_data::<web::Data<AppState>>().expect("set at start");
    let proxies = req
        .app_data::<web::Data<TrustedProxies>>()
        .expect("set at start");
    // Verifications come from gateways: keys have limits of their own.
    let is_verification = matches!(req.path(), "/api/v1/keys/verify" | "/api/keys/verify");
    let counted = match is_verification {
        true => Ok(()),
        false => {
            let address = proxies.client_ip(req.request());
            state.api_limits.count_from(address).map(drop)
        }
    };
    if let Err(too_many) = counted {
        let left = state.api_limits.nothing_left(too_many);
        let mut response = problem(id, &too_many.into());
        left.tell(response.headers_mut());
        return Ok(req.into_response(response));
    }
    let response = next.call(req).await?;
    let error = response.response().error();
    let written = match error.and_then(|error| error.as_error::<ApiError>()) {
        Some(error) => Some(problem(id, error)),
        None if is_bare(&response) => Some(bare(id, &response)),
        None => None,
    };
    let left = response.request().extensions().get::<Left>().copied();
    let mut response = match written {
        Some(written) => response.into_response(written),
        None => response.map_into_boxed_body(),
    };
    if let Some(left) = left {
        left.tell(response.headers_mut());
    }
    Ok(response)
}

/// Whether the router made this error: its answers have no body.
fn is_bare<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && response.headers().get(header::CONTENT_TYPE).is_none()
}

fn bare<B>(id: Option<String>, response: &ServiceResponse<B>) -> HttpResponse {
    let status = response.status();
    let code = match status {
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
        status if status.is_client_error() => ErrorCode::BadRequest,
        _ => ErrorCode::Internal,
    };
    let detail = match code {
        ErrorCode::MethodNotAllowed => "This address does not take such requests.",
        ErrorCode::BadRequest => "The request could not be understood.",
        _ => "Something went wrong on our side. Nothing was changed.",
    };
    let mut written = Problem::new(id, status, code.as_str(), detail).respond();
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        written.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    written
}

fn problem(id: Option<String>, error: &ApiError) -> HttpResponse {
    let code = error.code();
    match error {
        ApiError::Domain(DomainError::Unavailable(cause)) => outage::failed(cause),
        error if code.status().is_server_error() => {
            tracing::error!(%error, request_id = id, "a call failed");
        }
        _ => {}
    }
    let mut problem = Problem::new(id, code.status(), code.as_str(), &error.detail());
    if let ApiError::Domain(DomainError::Invalid(errors)) = error {
        let named = errors.iter().map(|error| (&*error.field, &*error.detail));
        problem = problem.with_errors(named);
    }
    let mut response = problem.respond();
    let headers = response.headers_mut();
    let retry_after = match error {
        ApiError::TooMany(too_many) => Some(too_many.retry_after),
        _ if code == ErrorCode::Unavailable => Some(2),
        _ => None,
    };
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    if code == ErrorCode::Unauthorized {
        let challenge = "Bearer realm=\"keyward\", error=\"invalid_token\"";
        let challenge = header::HeaderValue::from_static(challenge);
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
