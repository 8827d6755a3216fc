//! `/api/v1/audit`: the audit log.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::base::answer::{self, Collection};
use super::base::bearer::Bearer;
use super::base::error::ApiError;
use super::base::paging::{self, From, Page};
use super::base::query::Query;
use crate::clock::rfc3339;
use crate::domain::{audit, projects};
use crate::records::{AuditEntry, Project};

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// How many records, 1 to 200; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// The cursor of a page. Every page costs the same, however far.
    after: Option<String>,
    /// The position of the first record. Far positions cost more than cursors.
    #[param(minimum = 0)]
    start: Option<i64>,
}

/// Who did what to which thing, when, from where.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct EntryJson {
    #[schema(example = 17)]
    id: i64,
    #[schema(format = DateTime)]
    at: String,
    /// An email, `command line`, `Keyward`, or `nobody` before anyone signed in.
    #[schema(example = "ana@example.com")]
    actor: String,
    /// A noun and what happened to it.
    #[schema(example = "key.revoked")]
    action: String,
    /// The name of the thing: a label or an email.
    #[schema(example = "Production Backend")]
    subject: String,
    /// The slug of the project it is about.
    #[schema(required, example = "default")]
    project: Option<String>,
    #[schema(required, example = 7)]
    key_id: Option<i64>,
    /// The other key, where one takes the place of another.
    #[schema(required)]
    related_key_id: Option<i64>,
    /// What else is worth knowing.
    #[schema(value_type = Object, example = json!({"reason": "compromised"}))]
    details: serde_json::Value,
    #[schema(required, example = "203.0.113.7")]
    client_ip: Option<String>,
}

impl EntryJson {
    fn new(entry: AuditEntry, projects: &[Project]) -> Self {
        let project = projects
            .iter()
            .find(|project| Some(project.id) == entry.project_id);
        EntryJson {
            id: entry.id,
            at: rfc3339(entry.at),
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            project: project.map(|project| project.slug.clone()),
            key_id: entry.key_id,
            related_key_id: entry.related_key_id,
            details: serde_json::from_str(&entry.details).unwrap_or_default(),
            client_ip: entry.client_ip,
        }
    }
}

/// List audit entries
///
/// The newest first: of the projects whose log you may read, and with a role on all projects
/// also those of no project, such as sign-ins.
#[utoipa::path(get, path = "/audit", operation_id = "listAuditEntries",
    tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page of entries", body = Collection<EntryJson>)))]
pub async fn list(
    req: HttpRequest,
    bearer: Bearer,
    query: Query<AuditQuery>,
) -> Result<HttpResponse, ApiError> {
    let mut errors = Vec::new();
    let Query {
        fields: query,
        list,
    } = query;
    let page = Page::read(
        &list,
        query.limit,
        query.after.as_deref(),
        query.start,
        &mut errors,
    );
    let (before, skip) = match &page.from {
        From::Position(start) => (None, *start),
        From::Cursor(_, place) => {
            let before = place.parse::<i64>().ok();
            if before.is_none() {
                errors.push(paging::no_cursor());
            }
            (before, 0)
        }
    };
    paging::all_right(errors)?;
    let limit = page.limit;
    let (log, projects) = bearer
        .act(move |op| {
            let log = audit::read(op, before, skip, limit)?;
            Ok((log, projects::list(op)?))
        })
        .await?;
    let start = page.start();
    let end = usize::try_from(start)
        .unwrap_or(usize::MAX)
        .saturating_add(log.entries.len());
    let next = log.next.map(|entry| page.cursor(end, &entry.to_string()));
    let entries = log.entries.into_iter();
    let value = entries
        .map(|entry| EntryJson::new(entry, &projects))
        .collect();
    Ok(answer::collection(&req, value, start, log.total, next))
}
