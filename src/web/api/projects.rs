//! `/api/v1/projects`.

use actix_web::{HttpRequest, HttpResponse, web};
use keyward_key::Environment;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::base::answer::{self, Collection, Data};
use super::base::bearer::Bearer;
use super::base::body::Json;
use super::base::error::ApiError;
use super::base::idempotency::{self, Created};
use super::base::paging::PageQuery;
use super::base::query::Query;
use super::base::types::{never_null, null_or};
use crate::domain::projects::{self, ProjectDraft};
use crate::domain::scopes::Catalogue;
use crate::domain::{DomainError, FieldError};
use crate::http::details::sentence;
use crate::json::{ProjectJson, RateLimitJson};
use crate::records::Project;

/// A project to create.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "slug": "streaming", "name": "Streaming", "key_start": "st", "catalogue": "streaming",
    "default_lifetime_days": 90, "max_lifetime_days": 365
}))]
pub struct NewProject {
    /// Names it in URLs, for good: 2 to 40 of `a-z`, `0-9` and `-`.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(required, value_type = String, min_length = 2, max_length = 40,
        pattern = "^[a-z0-9][a-z0-9-]*[a-z0-9]$")]
    slug: Option<String>,
    #[serde(default, deserialize_with = "never_null")]
    #[schema(required, value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What its keys begin with: 2 to 12 of `a-z` and `0-9`.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(required, value_type = String, pattern = "^[a-z0-9]{2,12}$")]
    key_start: Option<String>,
    /// `["live", "test"]`, and its keys say which; or `["live"]`, and they say nothing. Without
    /// it both.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false)]
    environments: Option<Vec<Environment>>,
    /// A scope template to start from: `media` or `streaming`.
    catalogue: Option<String>,
    rate_limit: Option<RateLimitJson>,
    /// How long keys live unless somebody says otherwise; null is for ever.
    #[schema(minimum = 1, maximum = 3650)]
    default_lifetime_days: Option<i64>,
    /// How long keys live at most.
    #[schema(minimum = 1, maximum = 3650)]
    max_lifetime_days: Option<i64>,
}

/// What of a project is to change. What is left out stays as it is (RFC 7396).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Media", "rate_limit": {"requests": 600, "seconds": 60}}))]
pub struct ProjectPatch {
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Fixed once the project has keys.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false)]
    key_start: Option<String>,
    /// Fixed once the project has keys.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false)]
    environments: Option<Vec<Environment>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<RateLimitJson>)]
    rate_limit: Option<Option<RateLimitJson>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<i64>)]
    default_lifetime_days: Option<Option<i64>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<i64>)]
    max_lifetime_days: Option<Option<i64>>,
}

/// Says that one means it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Default"}))]
pub struct Archival {
    /// The project's name, so that nobody ends the wrong one.
    #[schema(required)]
    #[serde(default)]
    name: String,
}

/// List projects
#[utoipa::path(get, path = "/projects", operation_id = "listProjects",
    tag = "projects", params(PageQuery),
    responses((status = 200, description = "The projects that you can see",
        body = Collection<ProjectJson>)))]
pub async fn list(
    req: HttpRequest,
    bearer: Bearer,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.page()?;
    let all = bearer.act(projects::list).await?;
    Ok(answer::short_collection(&req, &page, all, |project| {
        ProjectJson::new(&project)
    }))
}

/// Create a project
#[utoipa::path(post, path = "/projects", operation_id = "createProject",
    tag = "projects", request_body = NewProject,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200,
        description = "A repeated call within 24 hours creates nothing and gets the same answer")),
    responses((status = 201, description = "The new project", body = Data<ProjectJson>)))]
pub async fn create(
    req: HttpRequest,
    bearer: Bearer,
    body: Json<NewProject>,
) -> Result<HttpResponse, ApiError> {
    let new = body.fields;
    let location = |project: &Value| {
        let slug = project["slug"].as_str().unwrap_or_default();
        format!("/api/v1/projects/{slug}")
    };
    let creating = async |call| {
        let catalogue = new.catalogue.as_deref().map(str::parse::<Catalogue>);
        let catalogue = catalogue
            .transpose()
            .map_err(|error| DomainError::field("catalogue", sentence(&error.to_string())))?;
        let (slug, draft) = (new.slug.clone().unwrap_or_default(), new.draft()?);
        let project = bearer
            .act(move |op| {
                op.for_call(call);
                projects::create(op, &slug, &draft, catalogue)
            })
            .await?;
        Ok(Created {
            data: serde_json::to_value(ProjectJson::new(&project)).expect("strings and numbers"),
            secret: None,
        })
    };
    let allow = projects::create_form;
    idempotency::create(&req, &bearer, &body.raw, allow, location, creating).await
}

/// Read a project
#[utoipa::path(get, path = "/projects/{project}", operation_id = "readProject",
    tag = "projects",
    params(("project" = String, Path, example = "default")),
    responses((status = 200, description = "The project", body = Data<ProjectJson>)))]
pub async fn read(
    req: HttpRequest,
    bearer: Bearer,
    slug: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let project = bearer.act(move |op| projects::find(op, &slug)).await?;
    Ok(answer::data(
        &req,
        ProjectJson::new(&project),
        &version(&project),
    ))
}

/// Edit a project
#[utoipa::path(patch, path = "/projects/{project}", operation_id = "editProject",
    tag = "projects",
    request_body = ProjectPatch,
    params(("project" = String, Path, example = "default"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the project as it was \
            read; 412 if somebody edited it since")),
    responses((status = 200, description = "The updated project", body = Data<ProjectJson>)))]
pub async fn edit(
    req: HttpRequest,
    bearer: Bearer,
    slug: web::Path<String>,
    body: Json<ProjectPatch>,
) -> Result<HttpResponse, ApiError> {
    let still = answer::if_match(&req, version);
    let project = bearer
        .act(move |op| {
            let project = projects::find(op, &slug)?;
            projects::edit(op, &project, &still, |project| body.fields.draft(project))
        })
        .await?;
    Ok(answer::changed(
        ProjectJson::new(&project),
        &version(&project),
    ))
}

/// Archive a project
///
/// This can’t be undone. When the answer is here, no instance accepts any of its keys.
#[utoipa::path(post, path = "/projects/{project}/archival", operation_id = "archiveProject",
    tag = "projects",
    request_body = Archival, params(("project" = String, Path, example = "default")),
    responses((status = 200, description = "The project, archived", body = Data<ProjectJson>)))]
pub async fn archive(
    bearer: Bearer,
    slug: web::Path<String>,
    body: Json<Archival>,
) -> Result<HttpResponse, ApiError> {
    let project = bearer
        .act(move |op| {
            let project = projects::find(op, &slug)?;
            projects::archive(op, &project, &body.fields.name)
        })
        .await?;
    Ok(answer::changed(
        ProjectJson::new(&project),
        &version(&project),
    ))
}

/// What `If-Match` compares.
fn version(project: &Project) -> String {
    project.version.to_string()
}

impl NewProject {
    fn draft(self) -> Result<ProjectDraft, DomainError> {
        let both = || Environment::ALL.to_vec();
        let environments = self.environments.unwrap_or_else(both);
        Ok(ProjectDraft {
            name: self.name.unwrap_or_default(),
            key_start: self.key_start.unwrap_or_default(),
            environment_segment: has_segment(&environments)
                .map_err(|error| DomainError::Invalid(vec![error]))?,
            rate_limit: self.rate_limit.map(Into::into),
            default_lifetime_days: self.default_lifetime_days,
            max_lifetime_days: self.max_lifetime_days,
            unreadable: Vec::new(),
        })
    }
}

impl ProjectPatch {
    /// The project with these changes applied.
    fn draft(&self, project: &Project) -> ProjectDraft {
        let present = project.terms();
        let mut unreadable = Vec::new();
        ProjectDraft {
            name: self.name.clone().unwrap_or(present.name),
            key_start: self.key_start.clone().unwrap_or(present.key_start),
            environment_segment: match &self.environments {
                None => present.environment_segment,
                Some(environments) => has_segment(environments).unwrap_or_else(|error| {
                    unreadable.push(error);
                    present.environment_segment
                }),
            },
            rate_limit: match self.rate_limit {
                None => present.rate_limit,
                Some(limit) => limit.map(Into::into),
            },
            default_lifetime_days: self
                .default_lifetime_days
                .unwrap_or(present.default_lifetime_days),
            max_lifetime_days: self.max_lifetime_days.unwrap_or(present.max_lifetime_days),
            unreadable,
        }
    }
}

/// Whether keys of a project with these environments say which one they are for.
///
/// # Errors
/// No project can have these environments.
fn has_segment(environments: &[Environment]) -> Result<bool, FieldError> {
    match environments {
        [Environment::Live] => Ok(false),
        [Environment::Live, Environment::Test] | [Environment::Test, Environment::Live] => Ok(true),
        _ => {
            let detail = "Write [\"live\", \"test\"] or [\"live\"].";
            Err(FieldError::new("environments", detail))
        }
    }
}
