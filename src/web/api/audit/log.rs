//! `/api/v1/audit` and `/audit/{entry}`: the entries.

use actix_web::{HttpRequest, HttpResponse, web};
use base16ct::lower as hex;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::{from_micros, rfc3339, to_micros};
use crate::db::audit_log::{AuditFilter, Place};
use crate::domain::audit::{self, Asked};
use crate::domain::keys::may_hold_secret;
use crate::domain::{DomainError, FieldError, projects};
use crate::records::{AuditEntry, Project};
use crate::web::api::base::answer::{self, Collection, Data};
use crate::web::api::base::bearer::Bearer;
use crate::web::api::base::error::ApiError;
use crate::web::api::base::paging::{self, From, Page};
use crate::web::api::base::query::Query;

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Words that must all be found, each the beginning of a word of what the entry is about: a
    /// name, an email, or the prefix of a key. A whole secret is refused: addresses are logged.
    q: Option<String>,
    /// A day or a time in UTC: the first one.
    #[param(example = "2026-03-01")]
    from: Option<String>,
    /// A day in UTC, all of which is included, or a time, which is not.
    #[param(example = "2026-03-01T14:30:00Z")]
    until: Option<String>,
    /// An email, `command line`, `Keyward` or `nobody`.
    #[param(example = "ana@example.com")]
    actor: Option<String>,
    /// An action such as `key.revoked`, or a group: `changes` (no sign-ins, refusals, look-ups and
    /// exports), `keys`, `people`, `projects`, `sign_ins`, `refusals`, `look_ups`, `instance`, or
    /// `all`, which is the default.
    #[param(example = "key.revoked")]
    action: Option<String>,
    /// The slug of a project.
    #[param(example = "default")]
    project: Option<String>,
    /// The id of a key.
    #[param(example = 7)]
    key: Option<i64>,
    /// The consumer of the key that entries are about, as it was then.
    #[param(example = "tenant-42")]
    consumer: Option<String>,
    /// The address that entries came from.
    #[param(example = "203.0.113.7")]
    address: Option<String>,
    /// How many records, 1 to 200; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// The cursor of a page. Every page costs the same, however far.
    after: Option<String>,
    /// The position of the first record. Far positions cost more than cursors.
    #[param(minimum = 0)]
    start: Option<i64>,
}

impl AuditQuery {
    fn asked(&self) -> Asked {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        Asked {
            q: text(&self.q),
            from: text(&self.from),
            until: text(&self.until),
            actor: text(&self.actor),
            action: self.action.clone().unwrap_or_else(|| "all".into()),
            project: text(&self.project),
            key: self.key.map(|key| key.to_string()).unwrap_or_default(),
            consumer: text(&self.consumer),
            address: text(&self.address),
        }
    }
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
    /// The id of the person; null for what is none.
    #[schema(required, example = 3)]
    actor_id: Option<i64>,
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
    #[schema(required, example = "curl/8.14.1")]
    user_agent: Option<String>,
    /// The id of the request, which the log of the service has too.
    #[schema(required)]
    request_id: Option<String>,
}

/// An entry with its place in the chain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChainedEntry)]
pub struct ChainedJson {
    #[serde(flatten)]
    entry: EntryJson,
    /// The SHA-256 of the entry before it, in hexadecimal digits.
    previous_hash: String,
    /// Its own SHA-256.
    hash: String,
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
            actor_id: entry.actor_id,
            action: entry.action,
            subject: entry.subject,
            project: project.map(|project| project.slug.clone()),
            key_id: entry.key_id,
            related_key_id: entry.related_key_id,
            details: serde_json::from_str(&entry.details).unwrap_or_default(),
            client_ip: entry.client_ip,
            user_agent: entry.user_agent,
            request_id: entry.request_id,
        }
    }
}

/// A place in the log, as a cursor carries it.
fn place(text: &str) -> Option<Place> {
    let (at, id) = text.split_once('-')?;
    Some((from_micros(at.parse().ok()?), id.parse().ok()?))
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
            let before = self::place(place);
            if before.is_none() {
                errors.push(paging::no_cursor());
            }
            (before, 0)
        }
    };
    let asked = query.asked();
    if may_hold_secret(&asked.q) {
        let detail = "Search for the beginning of a key, not for its secret.";
        errors.push(FieldError::new("q", detail));
    }
    paging::all_right(errors)?;
    let limit = page.limit;
    let (log, projects) = bearer
        .act(move |op| {
            let projects = projects::list(op)?;
            // Who may not read the log is told that first.
            audit::allow_to_read(op)?;
            let filter: AuditFilter = asked.filter(&projects).map_err(DomainError::Invalid)?;
            Ok((audit::read(op, filter, before, skip, limit)?, projects))
        })
        .await?;
    let start = page.start();
    let end = usize::try_from(start)
        .unwrap_or(usize::MAX)
        .saturating_add(log.entries.len());
    let next = log.next.map(|(at, id)| {
        let place = format!("{}-{id}", to_micros(at));
        page.cursor(end, &place)
    });
    let entries = log.entries.into_iter();
    let value = entries
        .map(|entry| EntryJson::new(entry, &projects))
        .collect();
    Ok(answer::collection(&req, value, start, log.total, next))
}

/// Read an audit entry
///
/// With its hash and that of the entry before it.
#[utoipa::path(get, path = "/audit/{entry}", operation_id = "readAuditEntry", tag = "audit",
    params(("entry" = i64, Path, description = "The number of the entry.", example = 17)),
    responses((status = 200, description = "The entry", body = Data<ChainedJson>)))]
pub async fn read(
    req: HttpRequest,
    bearer: Bearer,
    entry: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let id = entry.into_inner();
    let reading = bearer.act(move |op| Ok((audit::one(op, id)?, projects::list(op)?)));
    let (found, projects) = reading.await?;
    let chained = ChainedJson {
        entry: EntryJson::new(found.entry, &projects),
        previous_hash: hex::encode_string(&found.previous_hash),
        hash: hex::encode_string(&found.hash),
    };
    Ok(answer::plain_data(&req, &chained))
}
