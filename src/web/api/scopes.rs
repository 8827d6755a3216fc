//! `/api/v1/projects/{project}/scopes`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::base::answer::{self, Collection, Data, fingerprint};
use super::base::bearer::Bearer;
use super::base::body::Json;
use super::base::error::ApiError;
use super::base::paging::PageQuery;
use super::base::query::Query;
use super::base::types::null_is_empty;
use crate::db::key_list::COUNTED;
use crate::domain::scopes::{self, Catalogue, ScopeUse};
use crate::domain::{DomainError, projects};
use crate::http::details::sentence;
use crate::records::Scope;

/// A scope of a project's catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scope)]
pub struct ScopeJson {
    #[schema(example = "streams:write")]
    name: String,
    #[schema(example = "Start, stop and configure live streams")]
    description: String,
    /// Scopes of the same project that come with it.
    #[schema(example = json!(["streams:read"]))]
    includes: Vec<String>,
    /// How many working keys are let through where it is required: they carry it, a scope that
    /// includes it, or `*`. Null for 1,000 or more.
    #[schema(required)]
    key_count: Option<i64>,
    /// How many of these carry it by its name; null for 1,000 or more.
    #[schema(required)]
    carrying_count: Option<i64>,
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
    #[serde(default, deserialize_with = "null_is_empty")]
    includes: Option<Vec<String>>,
}

/// A scope template.
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
            carrying_count: Some(with_use.carrying).filter(|keys| *keys < COUNTED),
        }
    }
}

/// List a project's scopes
#[utoipa::path(get, path = "/projects/{project}/scopes", operation_id = "listScopes",
    tag = "scopes",
    params(("project" = String, Path, example = "default"), PageQuery),
    responses((status = 200, description = "Its catalogue", body = Collection<ScopeJson>)))]
pub async fn list(
    req: HttpRequest,
    bearer: Bearer,
    slug: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.page()?;
    let start = page.start();
    let (total, part, next) = bearer
        .act(move |op| {
            let project = projects::find(op, &slug)?;
            let all = scopes::catalogue(op, &project)?;
            let total = i64::try_from(all.len()).ok();
            let (part, next) = page.cut(all.clone());
            let with_use = scopes::count_uses(op, &project, &all, part)?;
            Ok((total, with_use, next))
        })
        .await?;
    let value = part.into_iter().map(ScopeJson::from).collect();
    Ok(answer::collection(&req, value, start, total, next))
}

/// Add the scopes of a template
///
/// Those that the project has already stay as they are.
#[utoipa::path(post, path = "/projects/{project}/scopes", operation_id = "addCatalogue",
    tag = "scopes",
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
    let ready =
        ready.map_err(|error| DomainError::field("catalogue", sentence(&error.to_string())))?;
    let all = bearer
        .act(move |op| {
            let project = projects::find(op, &slug)?;
            scopes::add_catalogue(op, &project, ready)?;
            scopes::list(op, &project)
        })
        .await?;
    let total = i64::try_from(all.len()).ok();
    let value = all.into_iter().map(ScopeJson::from).collect();
    Ok(answer::collection(&req, value, 0, total, None))
}

/// Read a scope
#[utoipa::path(get, path = "/projects/{project}/scopes/{scope}", operation_id = "readScope",
    tag = "scopes",
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
        .act(move |op| {
            let project = projects::find(op, &slug)?;
            scopes::find(op, &project, &name)
        })
        .await?;
    let version = version(&with_use.scope);
    Ok(answer::data(&req, ScopeJson::from(with_use), &version))
}

/// Add a scope, or replace what is said of it
#[utoipa::path(put, path = "/projects/{project}/scopes/{scope}", operation_id = "putScope",
    tag = "scopes",
    request_body = ScopeFields,
    params(("project" = String, Path, example = "default"),
        ("scope" = String, Path, example = "write:assets"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the scope as it was \
            read; 412 if somebody edited it since")),
    responses((status = 200, description = "The updated scope", body = Data<ScopeJson>),
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
        includes: body.fields.includes.unwrap_or_default(),
    };
    let still = answer::if_match(&req, version);
    let (is_new, with_use) = bearer
        .act(move |op| {
            let project = projects::find(op, &slug)?;
            let is_new = scopes::put(op, &project, &scope, &still)?;
            let with_use = scopes::find(op, &project, &name)?;
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
/// 409 while working keys carry it by its name: the answer names them.
#[utoipa::path(delete, path = "/projects/{project}/scopes/{scope}", operation_id = "deleteScope",
    tag = "scopes",
    params(("project" = String, Path, example = "default"),
        ("scope" = String, Path, example = "read:analytics"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the scope as it was \
            read; 412 if somebody edited it since")),
    responses((status = 204, description = "Deleted")))]
pub async fn delete(
    req: HttpRequest,
    bearer: Bearer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (slug, name) = path.into_inner();
    let still = answer::if_match(&req, version);
    bearer
        .act(move |op| {
            let project = projects::find(op, &slug)?;
            scopes::delete(op, &project, &name, &still)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What `If-Match` compares.
fn version(scope: &Scope) -> String {
    let said = format!("{}\n{}", scope.description, scope.includes.join(" "));
    fingerprint(said.as_bytes()).replace('-', ".")
}
