//! `/api/v1/projects/{project}/scopes`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{self, Collection, Data, fingerprint};
use super::bearer::Bearer;
use super::body::Json;
use super::error::ApiError;
use super::projects::PageQuery;
use crate::db::key_list::COUNTED;
use crate::db::scopes::Scope;
use crate::domain::DomainError;
use crate::domain::catalogues::{Catalogue, add_catalogue};
use crate::domain::edit_scopes::{
    ScopeUse, catalogue, count_uses, delete_scope, find_scope, list_scopes, put_scope,
};
use crate::domain::list_projects::find_project;

/// A scope of a project's catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScopeJson {
    #[schema(example = "streams:write")]
    name: String,
    #[schema(example = "Start, stop and configure live streams")]
    description: String,
    /// Scopes of the same project that come with it.
    #[schema(example = json!(["streams:read"]))]
    includes: Vec<String>,
    /// How many working keys carry it; null for 100 or more.
    #[schema(required)]
    key_count: Option<i64>,
}

/// What a scope should be like.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Upload, update, delete assets",
    "includes": ["read:assets"]}))]
pub struct ScopeFields {
    /// What it allows: 1 to 100 characters.
    #[schema(required)]
    #[serde(default)]
    description: String,
    /// Scopes of the same project that come with it.
    #[serde(default)]
    includes: Vec<String>,
}

/// A ready catalogue.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"catalogue": "streaming"}))]
pub struct CatalogueFields {
    /// `media` or `streaming`.
    #[schema(required)]
    #[serde(default)]
    catalogue: String,
}

impl From<ScopeUse> for ScopeJson {
    fn from(with_use: ScopeUse) -> Self {
        ScopeJson {
            name: with_use.scope.name,
            description: with_use.scope.description,
            includes: with_use.scope.includes,
            key_count: Some(with_use.keys).filter(|keys| *keys < COUNTED),
        }
    }
}

/// List a project's scopes
#[utoipa::path(get, path = "/projects/{project}/scopes", tag = "scopes",
    params(("project" = String, Path, example = "default"), PageQuery),
    responses((status = 200, description = "Its catalogue", body = Collection<ScopeJson>)))]
pub async fn list(
    req: HttpRequest,
    bearer: Bearer,
    slug: web::Path<String>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.page()?;
    let start = page.start();
    let (total, part, next) = bearer
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            let all = catalogue(conn, actor, &project)?;
            let total = i64::try_from(all.len()).ok();
            let (part, next) = page.cut(all);
            Ok((total, count_uses(conn, &project, part, now)?, next))
        })
        .await?;
    let value = part.into_iter().map(ScopeJson::from).collect();
    Ok(answer::collection(&req, value, start, total, next))
}

/// Add the scopes of a ready catalogue
///
/// Those that the project has already stay as they are.
#[utoipa::path(post, path = "/projects/{project}/scopes", tag = "scopes",
    request_body = CatalogueFields, params(("project" = String, Path, example = "default")),
    responses((status = 200, description = "The whole catalogue",
        body = Collection<ScopeJson>)))]
pub async fn add_ready(
    req: HttpRequest,
    bearer: Bearer,
    slug: web::Path<String>,
    body: Json<CatalogueFields>,
) -> Result<HttpResponse, ApiError> {
    let ready = body.fields.catalogue.parse::<Catalogue>();
    let ready = ready.map_err(|error| DomainError::field("catalogue", format!("{error}.")))?;
    let all = bearer
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            add_catalogue(conn, actor, &project, ready, now)?;
            list_scopes(conn, actor, &project, now)
        })
        .await?;
    let total = i64::try_from(all.len()).ok();
    let value = all.into_iter().map(ScopeJson::from).collect();
    Ok(answer::collection(&req, value, 0, total, None))
}

/// Read a scope
#[utoipa::path(get, path = "/projects/{project}/scopes/{scope}", tag = "scopes",
    params(("project" = String, Path, example = "default"),
        ("scope" = String, Path, example = "read:assets")),
    responses((status = 200, description = "The scope", body = Data<ScopeJson>)))]
pub async fn read(
    req: HttpRequest,
    bearer: Bearer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (slug, name) = path.into_inner();
    let with_use = bearer
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            find_scope(conn, actor, &project, &name, now)
        })
        .await?;
    let version = version(&with_use.scope);
    Ok(answer::data(&req, ScopeJson::from(with_use), &version))
}

/// Add a scope, or replace what is said of it
#[utoipa::path(put, path = "/projects/{project}/scopes/{scope}", tag = "scopes",
    request_body = ScopeFields,
    params(("project" = String, Path, example = "default"),
        ("scope" = String, Path, example = "write:assets"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the scope as it was \
            read; 412 if somebody edited it since")),
    responses((status = 200, description = "The scope as it is now", body = Data<ScopeJson>),
        (status = 201, description = "The new scope", body = Data<ScopeJson>)))]
pub async fn put(
    req: HttpRequest,
    bearer: Bearer,
    path: web::Path<(String, String)>,
    body: Json<ScopeFields>,
) -> Result<HttpResponse, ApiError> {
    let (slug, name) = path.into_inner();
    let scope = Scope {
        name: name.clone(),
        description: body.fields.description,
        includes: body.fields.includes,
    };
    let still = answer::if_match(&req, version);
    let (is_new, with_use) = bearer
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            let is_new = put_scope(conn, actor, &project, &scope, &still, now)?;
            let with_use = find_scope(conn, actor, &project, &name, now)?;
            Ok((is_new, with_use))
        })
        .await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let version = version(&with_use.scope);
    Ok(answer::put(status, ScopeJson::from(with_use), &version))
}

/// Delete a scope
///
/// 409 while working keys carry it: the answer names them.
#[utoipa::path(delete, path = "/projects/{project}/scopes/{scope}", tag = "scopes",
    params(("project" = String, Path, example = "default"),
        ("scope" = String, Path, example = "read:analytics"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the scope as it was \
            read; 412 if somebody edited it since")),
    responses((status = 204, description = "It is gone")))]
pub async fn delete(
    req: HttpRequest,
    bearer: Bearer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (slug, name) = path.into_inner();
    let still = answer::if_match(&req, version);
    bearer
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            delete_scope(conn, actor, &project, &name, &still, now)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What `If-Match` compares.
fn version(scope: &Scope) -> String {
    let said = format!("{}\n{}", scope.description, scope.includes.join(" "));
    fingerprint(said.as_bytes()).replace('-', ".")
}
