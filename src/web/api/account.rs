//! `/api/v1/account`: the caller's own password and sessions.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::base::answer::{self, Collection, Data};
use super::base::bearer::Bearer;
use super::base::body::Json;
use super::base::error::ApiError;
use super::base::paging::PageQuery;
use super::base::query::Query;
use crate::clock::rfc3339;
use crate::domain::passwords::Password;
use crate::domain::{DomainError, account};
use crate::http::TrustedProxies;
use crate::records::StoredSession;
use crate::web::shared::session::{self, is_over};

/// Who you are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountJson {
    #[schema(example = 1)]
    id: i64,
    #[schema(example = "ana@example.com")]
    email: String,
}

/// Another password.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"present_password": "correct horse battery staple",
    "password": "a longer phrase that nobody guesses"}))]
pub struct PasswordFields {
    #[schema(required)]
    #[serde(default)]
    present_password: String,
    /// 12 to 128 characters, not easy to guess.
    #[schema(required)]
    #[serde(default)]
    password: String,
}

/// A session in a browser.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BrowserSession)]
pub struct BrowserSessionJson {
    /// Names the session without giving it away.
    id: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
    #[schema(required, example = "203.0.113.7")]
    client_ip: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
}

impl From<StoredSession> for BrowserSessionJson {
    fn from(row: StoredSession) -> Self {
        BrowserSessionJson {
            id: session::name_of(&row),
            created_at: rfc3339(row.created_at),
            last_seen_at: rfc3339(row.last_seen_at),
            client_ip: row.client_ip,
            user_agent: row.user_agent,
        }
    }
}

/// Read your account
///
/// As everything here, not with a personal token: it is not you.
#[utoipa::path(get, path = "/account", operation_id = "readAccount",
    tag = "account",
    responses((status = 200, description = "Who you are", body = Data<AccountJson>)))]
pub async fn read(req: HttpRequest, bearer: Bearer) -> Result<HttpResponse, ApiError> {
    let user = bearer.act(account::own_user).await?;
    let json = AccountJson {
        id: user.id,
        email: user.email,
    };
    Ok(answer::plain_data(&req, json))
}

/// Change your password
///
/// Every session and short-lived token ends, this one too.
#[utoipa::path(put, path = "/account/password", operation_id = "changePassword",
    tag = "account", request_body = PasswordFields,
    responses((status = 204, description = "It is changed")))]
pub async fn put_password(
    req: HttpRequest,
    bearer: Bearer,
    proxies: web::Data<TrustedProxies>,
    body: Json<PasswordFields>,
) -> Result<HttpResponse, ApiError> {
    // A stolen token must not be a way to guess the password faster than at sign-in.
    let throttle = &bearer.state.throttle;
    let (email, address) = (bearer.actor.name(), proxies.client_ip(&req));
    throttle.attempt_on_own(email, address)?;
    let present = Password::new(body.fields.present_password);
    let new = Password::new(body.fields.password);
    let _turn = bearer.state.hashing_turn().await?;
    bearer
        .act(move |op| account::change_password(op, &present, &new, None))
        .await?;
    throttle.was_right_on_own(email, address);
    Ok(HttpResponse::NoContent().finish())
}

/// List your sessions in browsers
#[utoipa::path(get, path = "/account/sessions", operation_id = "listSessions",
    tag = "account", params(PageQuery),
    responses((status = 200, description = "The latest first",
        body = Collection<BrowserSessionJson>)))]
pub async fn sessions(
    req: HttpRequest,
    bearer: Bearer,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.page()?;
    let mut all = bearer.act(account::list_sessions).await?;
    all.retain(|row| !is_over(row, bearer.now));
    Ok(answer::short_collection(
        &req,
        &page,
        all,
        BrowserSessionJson::from,
    ))
}

/// End all your sessions
///
/// Also your short-lived tokens, this one too.
#[utoipa::path(delete, path = "/account/sessions", operation_id = "endSessions",
    tag = "account",
    responses((status = 204, description = "The sessions have ended")))]
pub async fn delete_sessions(bearer: Bearer) -> Result<HttpResponse, ApiError> {
    bearer
        .act(|op| account::end_other_sessions(op, None))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// End one of your sessions
#[utoipa::path(delete, path = "/account/sessions/{id}", operation_id = "endSession",
    tag = "account",
    params(("id" = String, Path, description = "As the list gives it")),
    responses((status = 204, description = "It has ended")))]
pub async fn delete_session(
    bearer: Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let digest = session::digest_named(&id).ok_or(DomainError::NotFound)?;
    bearer
        .act(move |op| account::end_session(op, &digest))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
