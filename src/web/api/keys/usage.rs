//! `/api/v1/projects/{project}/keys/{id}/usage`.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::path::KeyPath;
use crate::clock::rfc3339;
use crate::domain::keys::{self, DayUsage, UsageGap};
use crate::records::Source;
use crate::web::api::base::answer::{self, Data};
use crate::web::api::base::bearer::Bearer;
use crate::web::api::base::error::ApiError;

/// How a key is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub struct UsageJson {
    /// How many requests passed in the last 24 hours, counted by whole hours.
    #[schema(example = 1204)]
    passed_last_day: i64,
    /// The last 30 days in UTC, the latest last.
    days: Vec<DayJson>,
    /// Where it was used from: the latest 100 sources, the latest first.
    sources: Vec<SourceJson>,
    /// What is missing from all this; null if it is complete.
    gap: Option<UsageGapJson>,
}

/// When not everything was recorded, and what is missing, of all keys together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageGap)]
struct UsageGapJson {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    until: String,
    /// Requests that were not counted.
    requests: i64,
    /// Requests that were counted without address and user agent.
    without_source: i64,
}

/// How often a key passed and was refused on one day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageDay)]
struct DayJson {
    #[schema(format = Date, example = "2026-11-21")]
    day: String,
    #[schema(example = 1200)]
    passed: i64,
    #[schema(example = 4)]
    refused: i64,
}

/// A place a key is used from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
struct SourceJson {
    /// Empty where it is not known.
    #[schema(example = "203.0.113.7")]
    ip: String,
    #[schema(example = "curl/8.14.1")]
    user_agent: String,
    #[schema(format = DateTime)]
    first_seen_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
    passed: i64,
    refused: i64,
    /// The latest refusal: when, and its code.
    #[schema(format = DateTime)]
    refused_at: Option<String>,
    #[schema(example = "RATE_LIMITED")]
    refusal: Option<String>,
}

impl From<DayUsage> for DayJson {
    fn from(day: DayUsage) -> Self {
        DayJson {
            day: day.day.to_string(),
            passed: day.passed,
            refused: day.refused,
        }
    }
}

impl From<UsageGap> for UsageGapJson {
    fn from(gap: UsageGap) -> Self {
        UsageGapJson {
            from: rfc3339(gap.from),
            until: rfc3339(gap.until),
            requests: gap.requests,
            without_source: gap.without_source,
        }
    }
}

impl From<Source> for SourceJson {
    fn from(source: Source) -> Self {
        SourceJson {
            ip: source.ip,
            user_agent: source.user_agent,
            first_seen_at: rfc3339(source.first_seen),
            last_seen_at: rfc3339(source.last_seen),
            passed: source.passed,
            refused: source.refused,
            refused_at: source.refused_at.map(rfc3339),
            refusal: source.refusal,
        }
    }
}

/// Read how a key is used
#[utoipa::path(get, path = "/projects/{project}/keys/{id}/usage", operation_id = "readKeyUsage",
    tag = "keys",
    params(("project" = String, Path, example = "default"), ("id" = i64, Path)),
    responses((status = 200, description = "Its use", body = Data<UsageJson>)))]
pub async fn read(
    req: HttpRequest,
    bearer: Bearer,
    path: KeyPath,
) -> Result<HttpResponse, ApiError> {
    let usage = bearer
        .act(move |op| {
            let (_, key) = keys::find_in(op, path.project.as_deref(), path.id)?;
            keys::usage(op, &key)
        })
        .await?;
    let json = UsageJson {
        passed_last_day: usage.passed_last_day,
        days: usage.days.into_iter().map(DayJson::from).collect(),
        sources: usage.sources.into_iter().map(SourceJson::from).collect(),
        gap: usage.gap.map(UsageGapJson::from),
    };
    Ok(answer::plain_data(&req, json))
}
