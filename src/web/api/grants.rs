//! `/api/v1/projects/{project}/grants` and `/api/v1/grants`: roles on one project, and on all.

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
use crate::clock::rfc3339;
use crate::domain::grants::{self, Given, Whom};
use crate::domain::{DomainError, Op, projects, text};
use crate::http::details::sentence;
use crate::records::{Grant, Project, Role};

/// A role that somebody has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Grant)]
pub struct GrantJson {
    #[schema(example = 2)]
    user_id: i64,
    #[schema(example = "ben@example.com")]
    email: String,
    /// The slug of the project; null is all projects.
    #[schema(required, example = "default")]
    project: Option<String>,
    /// `owner`, `admin`, `support`, `auditor` or `viewer`.
    #[schema(example = "support")]
    role: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    /// Who gave it.
    #[schema(example = "ana@example.com")]
    created_by: String,
}

/// The role to give.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "support"}))]
pub struct GrantFields {
    /// `owner` (on all projects alone), `admin`, `support`, `auditor` or `viewer`.
    #[schema(required)]
    #[serde(default)]
    role: String,
}

impl GrantJson {
    fn new((grant, email): Given, project: Option<&Project>) -> Self {
        GrantJson {
            user_id: grant.user_id,
            email,
            project: project.map(|project| project.slug.clone()),
            role: grant.role.as_str(),
            created_at: rfc3339(grant.created_at),
            created_by: grant.created_by,
        }
    }
}

/// List the roles on a project
#[utoipa::path(get, path = "/projects/{project}/grants", operation_id = "listGrants",
    tag = "grants",
    params(("project" = String, Path, example = "default"), PageQuery),
    responses((status = 200, description = "Who has which role on it",
        body = Collection<GrantJson>)))]
pub async fn list_on_project(
    req: HttpRequest,
    bearer: Bearer,
    slug: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    list(&req, &bearer, Some(slug.into_inner()), &query).await
}

/// List the roles on all projects
#[utoipa::path(get, path = "/grants", operation_id = "listGlobalGrants",
    tag = "grants", params(PageQuery),
    responses((status = 200, description = "Who has which role on all projects",
        body = Collection<GrantJson>)))]
pub async fn list_on_all(
    req: HttpRequest,
    bearer: Bearer,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    list(&req, &bearer, None, &query).await
}

/// Assign a role on a project
///
/// In place of the one the person has there. It applies from their next request.
#[utoipa::path(put, path = "/projects/{project}/grants/{user}", operation_id = "putGrant",
    tag = "grants",
    request_body = GrantFields,
    params(("project" = String, Path, example = "default"), ("user" = String, Path, example = "ben@example.com",
            description = "An email, or an id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the answer that gave \
            the present role; 412 if it was changed since")),
    responses((status = 200, description = "The role after the change", body = Data<GrantJson>),
        (status = 201, description = "The new role", body = Data<GrantJson>)))]
pub async fn put_on_project(
    req: HttpRequest,
    bearer: Bearer,
    path: web::Path<(String, String)>,
    body: Json<GrantFields>,
) -> Result<HttpResponse, ApiError> {
    let (slug, user) = path.into_inner();
    put(&req, &bearer, Some(slug), user, body.fields).await
}

/// Assign a role on all projects
///
/// In place of the one the person has there. It applies from their next request.
#[utoipa::path(put, path = "/grants/{user}", operation_id = "putGlobalGrant",
    tag = "grants", request_body = GrantFields,
    params(("user" = String, Path, example = "ben@example.com",
            description = "An email, or an id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the answer that gave \
            the present role; 412 if it was changed since")),
    responses((status = 200, description = "The role after the change", body = Data<GrantJson>),
        (status = 201, description = "The new role", body = Data<GrantJson>)))]
pub async fn put_on_all(
    req: HttpRequest,
    bearer: Bearer,
    user: web::Path<String>,
    body: Json<GrantFields>,
) -> Result<HttpResponse, ApiError> {
    put(&req, &bearer, None, user.into_inner(), body.fields).await
}

/// Remove a role on a project
#[utoipa::path(delete, path = "/projects/{project}/grants/{user}", operation_id = "deleteGrant",
    tag = "grants",
    params(("project" = String, Path, example = "default"), ("user" = String, Path, example = "ben@example.com",
            description = "An email, or an id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the answer that gave \
            the present role; 412 if it was changed since")),
    responses((status = 204, description = "Deleted")))]
pub async fn delete_on_project(
    req: HttpRequest,
    bearer: Bearer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (slug, user) = path.into_inner();
    delete(&req, &bearer, Some(slug), user).await
}

/// Remove a role on all projects
#[utoipa::path(delete, path = "/grants/{user}", operation_id = "deleteGlobalGrant",
    tag = "grants",
    params(("user" = String, Path, example = "ben@example.com",
            description = "An email, or an id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the answer that gave \
            the present role; 412 if it was changed since")),
    responses((status = 204, description = "Deleted")))]
pub async fn delete_on_all(
    req: HttpRequest,
    bearer: Bearer,
    user: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    delete(&req, &bearer, None, user.into_inner()).await
}

async fn list(
    req: &HttpRequest,
    bearer: &Bearer,
    slug: Option<String>,
    query: &Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.page()?;
    let (project, all) = bearer
        .act(move |op| {
            let project = find(op, slug.as_deref())?;
            let all = grants::list(op, project.as_ref())?;
            Ok((project, all))
        })
        .await?;
    Ok(answer::short_collection(req, &page, all, |given| {
        GrantJson::new(given, project.as_ref())
    }))
}

async fn put(
    req: &HttpRequest,
    bearer: &Bearer,
    slug: Option<String>,
    user: String,
    fields: GrantFields,
) -> Result<HttpResponse, ApiError> {
    let role = fields.role.parse::<Role>();
    let role = role.map_err(|error| DomainError::field("role", sentence(&error.to_string())))?;
    let (whom, still) = (whom(user), answer::if_match(req, version));
    let (project, is_new, given) = bearer
        .act(move |op| {
            let project = find(op, slug.as_deref())?;
            let place = project.as_ref();
            let is_new = grants::put(op, place, &whom, role, &still)?;
            let all = grants::list(op, place)?;
            let is_theirs = |(grant, email): &Given| match &whom {
                Whom::Id(id) => grant.user_id == *id,
                Whom::Email(own) => text::tidy_email(own).is_ok_and(|own| own == *email),
            };
            let given = all.into_iter().find(is_theirs);
            Ok((project, is_new, given.ok_or(DomainError::NotFound)?))
        })
        .await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let version = version(&given.0);
    Ok(answer::put(
        status,
        GrantJson::new(given, project.as_ref()),
        &version,
    ))
}

async fn delete(
    req: &HttpRequest,
    bearer: &Bearer,
    slug: Option<String>,
    user: String,
) -> Result<HttpResponse, ApiError> {
    let (whom, still) = (whom(user), answer::if_match(req, version));
    bearer
        .act(move |op| {
            let project = find(op, slug.as_deref())?;
            grants::delete(op, project.as_ref(), &whom, &still)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The person that the path names, by email or by id.
fn whom(user: String) -> Whom {
    match user.parse() {
        Ok(id) => Whom::Id(id),
        Err(_) => Whom::Email(user),
    }
}

fn find(op: &mut Op, slug: Option<&str>) -> Result<Option<Project>, DomainError> {
    slug.map(|slug| projects::find(op, slug)).transpose()
}

/// What `If-Match` compares.
fn version(grant: &Grant) -> String {
    let said = format!("{} {}", grant.role, rfc3339(grant.created_at));
    fingerprint(said.as_bytes()).replace('-', ".")
}
