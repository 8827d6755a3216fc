//! `/api/v1/tokens` and `/api/v1/users/{user}/tokens`: the caller's own personal tokens and
//! others'.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::base::answer::{self, Collection, Data};
use super::base::bearer::Bearer;
use super::base::body::Json;
use super::base::error::ApiError;
use super::base::idempotency::{self, Created};
use super::base::paging::PageQuery;
use super::base::query::Query;
use super::base::types::{Time, never_null};
use crate::domain::tokens::{self, TokenDraft};
use crate::domain::{Op, projects};
use crate::json::TokenJson;

/// A personal token that was just made, with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedToken)]
pub struct NewTokenJson {
    #[serde(flatten)]
    record: TokenJson,
    /// The secret. It is told this once, and not when a call is repeated.
    #[schema(value_type = Option<String>, nullable = false, example = "kwp_…")]
    token: String,
}

/// A personal token to make.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Nightly rotation",
    "permissions": ["keys:read", "keys:create"], "expires_at": "2026-12-31T00:00:00Z"}))]
pub struct NewToken {
    /// What it is for: 1 to 100 characters.
    #[schema(required)]
    #[serde(default)]
    description: String,
    /// Some of those you have: `keys:read`, `keys:create`, `keys:edit`, `keys:revoke`,
    /// `audit:read`, `audit:export`, `project:manage`, `projects:manage`, `users:manage`.
    #[schema(required)]
    #[serde(default)]
    permissions: Vec<String>,
    /// At most a year from now, or less where the instance says so.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(required, value_type = Time)]
    expires_at: Option<Time>,
    /// The slug of the one project it is bound to; without it, all.
    project: Option<String>,
}

/// List your personal tokens
///
/// Whoever comes with a personal token sees that one.
#[utoipa::path(get, path = "/tokens", operation_id = "listTokens",
    tag = "tokens", params(PageQuery),
    responses((status = 200, description = "The newest first", body = Collection<TokenJson>)))]
pub async fn list_own(
    req: HttpRequest,
    bearer: Bearer,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    list(&req, &bearer, bearer.id(), &query).await
}

/// Make a personal token
///
/// Not with a personal token: sign in first. The secret, `token`, is in this answer and nowhere
/// else, ever.
#[utoipa::path(post, path = "/tokens", operation_id = "createToken",
    tag = "tokens", request_body = NewToken,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200,
        description = "A repeated call within 24 hours creates nothing and gets the same answer, \
                       without the secret")),
    responses((status = 201, description = "The new token, with its secret",
        body = Data<NewTokenJson>)))]
pub async fn create(
    req: HttpRequest,
    bearer: Bearer,
    body: Json<NewToken>,
) -> Result<HttpResponse, ApiError> {
    let new = body.fields;
    let draft = TokenDraft {
        description: new.description,
        expires_at: new.expires_at.map(|at| at.0),
        permissions: new.permissions,
        project: new.project,
        unreadable: Vec::new(),
    };
    let max_days = bearer.state.max_token_days;
    let allow = |op: &mut Op| op.require_own().map(|_| ());
    let location = |token: &Value| format!("/api/v1/tokens/{}", token["id"]);
    let creating = async |call| {
        let creating = bearer.act(move |op| {
            op.for_call(call);
            let projects = projects::list(op)?;
            let made = tokens::create_at_once(op, &draft, max_days)?;
            Ok((made.token, projects, made.secret))
        });
        let (token, projects, secret) = creating.await?;
        let json = TokenJson::new(&token, &projects, bearer.now);
        Ok(Created {
            data: serde_json::to_value(json).expect("strings and numbers"),
            secret: Some(("token", secret.expose().to_owned().into())),
        })
    };
    idempotency::create(&req, &bearer, &body.raw, allow, location, creating).await
}

/// Read one of your personal tokens
#[utoipa::path(get, path = "/tokens/{id}", operation_id = "readToken",
    tag = "tokens", params(("id" = i64, Path)),
    responses((status = 200, description = "The token", body = Data<TokenJson>)))]
pub async fn read_own(
    req: HttpRequest,
    bearer: Bearer,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let (of, id) = (bearer.id(), id.into_inner());
    let (token, projects) = bearer
        .act(move |op| {
            let token = tokens::find(op, of, id)?;
            Ok((token, projects::list(op)?))
        })
        .await?;
    let json = TokenJson::new(&token, &projects, bearer.now);
    Ok(answer::plain_data(&req, json))
}

/// Revoke one of your personal tokens
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "revokeToken",
    tag = "tokens", params(("id" = i64, Path)),
    responses((status = 200, description = "The token, revoked", body = Data<TokenJson>)))]
pub async fn revoke_own(bearer: Bearer, id: web::Path<i64>) -> Result<HttpResponse, ApiError> {
    revoke(&bearer, bearer.id(), id.into_inner()).await
}

/// List a person's personal tokens
#[utoipa::path(get, path = "/users/{user}/tokens", operation_id = "listUserTokens",
    tag = "tokens",
    params(("user" = i64, Path, example = 1), PageQuery),
    responses((status = 200, description = "The newest first", body = Collection<TokenJson>)))]
pub async fn list_of_user(
    req: HttpRequest,
    bearer: Bearer,
    user: web::Path<i64>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    list(&req, &bearer, user.into_inner(), &query).await
}

/// Revoke a person's personal token
#[utoipa::path(delete, path = "/users/{user}/tokens/{id}", operation_id = "revokeUserToken",
    tag = "tokens",
    params(("user" = i64, Path, example = 1), ("id" = i64, Path)),
    responses((status = 200, description = "The token, revoked", body = Data<TokenJson>)))]
pub async fn revoke_of_user(
    bearer: Bearer,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, ApiError> {
    let (user, id) = path.into_inner();
    revoke(&bearer, user, id).await
}

async fn list(
    req: &HttpRequest,
    bearer: &Bearer,
    of: i64,
    query: &Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.page()?;
    let (all, projects) = bearer
        .act(move |op| {
            let all = tokens::list(op, of)?;
            Ok((all, projects::list(op)?))
        })
        .await?;
    Ok(answer::short_collection(req, &page, all, |token| {
        TokenJson::new(&token, &projects, bearer.now)
    }))
}

async fn revoke(bearer: &Bearer, of: i64, id: i64) -> Result<HttpResponse, ApiError> {
    let (token, projects) = bearer
        .act(move |op| {
            let token = tokens::revoke(op, of, id)?;
            Ok((token, projects::list(op)?))
        })
        .await?;
    let data = TokenJson::new(&token, &projects, bearer.now);
    Ok(answer::plain(StatusCode::OK, data))
}
