//! `/api/v1/session`: a short-lived token in exchange for email and password.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::base::answer::{self, Data};
use super::base::body::Json;
use super::base::error::ApiError;
use crate::clock::rfc3339;
use crate::domain::lifetimes::SHORT_LIVED_TOKEN;
use crate::http::TrustedProxies;
use crate::web::shared::visitor::origin;
use crate::web::shared::{AppState, guarded_sign_in};

/// Who signs in.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ana@example.com", "password": "correct horse battery staple"}))]
pub struct Credentials {
    #[schema(required)]
    #[serde(default)]
    email: String,
    #[schema(required)]
    #[serde(default)]
    password: String,
}

/// A short-lived token.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionJson {
    /// A JSON Web Token (RFC 7519), to be sent as `Authorization: Bearer`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…")]
    token: String,
    #[schema(format = DateTime, example = "2026-11-21T12:15:00Z")]
    expires_at: String,
}

/// Sign in
///
/// The token lets its bearer in for 15 minutes. It ends at once when the person is disabled or
/// gets another role or password. Scripts are better served by a personal token.
#[utoipa::path(post, path = "/session", operation_id = "signIn",
    tag = "session", request_body = Credentials,
    security(()),
    responses((status = 201, description = "A token", body = Data<SessionJson>)))]
pub async fn create(
    req: HttpRequest,
    state: web::Data<AppState>,
    proxies: web::Data<TrustedProxies>,
    body: Json<Credentials>,
) -> Result<HttpResponse, ApiError> {
    let Credentials { email, password } = body.fields;
    let address = proxies.client_ip(&req);
    let recognised =
        guarded_sign_in::sign_in(&state, address, origin(&req), email, password).await?;
    let person = recognised.ok_or(ApiError::WrongPassword)?;
    let now = state.clock.now();
    let session = SessionJson {
        token: state.jwt.issue(&person, now)?,
        expires_at: rfc3339(now + SHORT_LIVED_TOKEN),
    };
    Ok(answer::plain(StatusCode::CREATED, session))
}
