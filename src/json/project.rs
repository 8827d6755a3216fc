//! A project in JSON, as programs get it.

use keyward_key::Environment;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder};

use super::RateLimitJson;
use super::schema::one_of;
use crate::clock::rfc3339;
use crate::records::Project;

/// A project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub struct ProjectJson {
    /// The word that names it in URLs.
    #[schema(examples("default"))]
    slug: String,
    #[schema(examples("Default"))]
    name: String,
    /// What its keys begin with.
    #[schema(examples("mk"))]
    key_start: String,
    #[schema(schema_with = environments_schema)]
    environments: Vec<Environment>,
    /// How many keys it has, in whatever state.
    #[schema(examples(12))]
    key_count: i64,
    /// The limit of keys that have none of their own.
    #[schema(required)]
    rate_limit: Option<RateLimitJson>,
    /// How many days a key lives if nobody says otherwise.
    #[schema(required, examples(90))]
    default_lifetime_days: Option<i64>,
    /// How many days a key lives at most.
    #[schema(required, examples(365))]
    max_lifetime_days: Option<i64>,
    #[schema(value_type = String, format = DateTime, examples("2026-11-20T22:55:28Z"))]
    created_at: String,
    /// Since when none of its keys works any more.
    #[schema(required, value_type = Option<String>, format = DateTime,
        examples("2026-12-01T08:00:00Z"))]
    archived_at: Option<String>,
    #[schema(required, examples("ana@example.com"))]
    archived_by: Option<String>,
}

impl ProjectJson {
    /// Describes `project`.
    pub fn new(project: &Project) -> Self {
        let environments = Environment::ALL.iter().copied();
        ProjectJson {
            slug: project.slug.clone(),
            name: project.name.clone(),
            key_start: project.key_start.clone(),
            environments: environments.filter(|one| project.has(*one)).collect(),
            key_count: project.key_count,
            rate_limit: project.rate_limit.map(RateLimitJson::from),
            default_lifetime_days: project.default_lifetime_days,
            max_lifetime_days: project.max_lifetime_days,
            created_at: rfc3339(project.created_at),
            archived_at: project.archived_at.map(rfc3339),
            archived_by: project.archived_by.clone(),
        }
    }
}

fn environments_schema() -> ArrayBuilder {
    let one: ObjectBuilder = one_of(
        Environment::ALL.iter().map(|one| one.as_str()),
        "What its secret begins with says it too.",
    );
    ArrayBuilder::new()
        .items(one)
        .description(Some("Which its keys can be for."))
}
