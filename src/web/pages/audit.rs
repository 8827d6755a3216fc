//! `/audit`: who did what, when, from where.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use crate::clock::UtcTime;
use crate::db::audit::AuditRow;
use crate::db::projects::Project;
use crate::domain::read_audit::read_audit;
use crate::web::page::{self, Layout, Section};
use crate::web::times::{Moment, plural};
use crate::web::{Visitor, WebError};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    layout: Layout,
    entries: Vec<EntryView>,
    next: Option<i64>,
    is_first: bool,
}

/// The entry to read on from.
#[derive(Deserialize)]
pub struct AuditQuery {
    before: Option<String>,
}

/// The audit log, newest first.
pub async fn show(
    visitor: Visitor,
    query: web::Query<AuditQuery>,
) -> Result<HttpResponse, WebError> {
    let before = query.before.as_ref().and_then(|before| before.parse().ok());
    let log = visitor
        .act(move |conn, actor, _| read_audit(conn, actor, before, 0, PAGE))
        .await?;
    let entries = log
        .rows
        .into_iter()
        .map(|row| EntryView::new(row, &visitor.projects, visitor.now))
        .collect();
    let layout = Layout::new(&visitor, Section::Audit, None, "Audit log");
    let page = AuditPage {
        layout,
        entries,
        next: log.next,
        is_first: before.is_none(),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// An audit entry in words.
pub struct EntryView {
    pub id: i64,
    pub actor: String,
    /// What they did: "created".
    pub did: String,
    /// What they did it to, where the words don't say.
    pub subject: Option<String>,
    /// The key's page.
    pub link: Option<String>,
    pub project: Option<String>,
    pub details: Vec<String>,
    pub at: Moment,
    pub from: Option<String>,
}

impl EntryView {
    /// `row` for someone who knows of `projects`.
    pub fn new(row: AuditRow, projects: &[Project], now: UtcTime) -> Self {
        let project = projects
            .iter()
            .find(|project| Some(project.id) == row.project_id);
        let link = project
            .zip(row.key_id)
            .map(|(project, key)| format!("/projects/{}/keys/{key}", project.slug));
        let details = serde_json::from_str(&row.details).unwrap_or_default();
        EntryView {
            id: row.id,
            did: did(&row.action).to_owned(),
            subject: Some(row.subject).filter(|_| {
                !matches!(
                    &*row.action,
                    "instance.set_up" | "session.started" | "session.ended"
                )
            }),
            link,
            project: project.map(|project| project.name.clone()),
            details: in_words(&row.action, &details),
            at: Moment::new(row.at, now),
            actor: row.actor,
            from: row.client_ip,
        }
    }
}

fn did(action: &str) -> &str {
    match action {
        "access.denied" => "was not allowed to",
        "grant.given" => "gave a role to",
        "grant.taken" => "took a role from",
        "instance.set_up" => "became the first owner",
        "key.created" => "created",
        "key.edited" => "edited",
        "key.replaced" => "replaced",
        "key.revealed" => "revealed",
        "key.revoked" => "revoked",
        "key.rotated" => "rotated",
        "keys.imported" => "imported keys into",
        "project.archived" => "archived",
        "project.created" => "created the project",
        "project.edited" => "changed the settings of",
        "scope.created" => "added a scope to",
        "scope.deleted" => "removed a scope from",
        "scope.edited" => "edited a scope of",
        "scopes.added" => "added ready scopes to",
        "session.ended" => "signed out",
        "session.refused" => "failed to sign in as",
        "session.started" => "signed in",
        "token.created" => "made the personal token",
        "token.revealed" => "revealed the personal token",
        "token.revoked" => "revoked the personal token",
        "user.created" => "added",
        "user.disabled" => "disabled",
        "user.enabled" => "enabled",
        "user.invited" => "invited",
        "user.joined" => "joined as",
        "user.link_made" => "made a password link for",
        "user.password_changed" => "changed the password of",
        "user.password_chosen" => "chose a new password for",
        "user.password_reset" => "reset the password of",
        "user.sessions_ended" => "ended the sessions of",
        other => other,
    }
}

fn in_words(action: &str, details: &Value) -> Vec<String> {
    match action {
        "key.revoked" => {
            let reason = details["reason"]
                .as_str()
                .and_then(|reason| reason.parse().ok());
            let reason = reason.map(|reason: crate::key::RevokeReason| reason.title().to_owned());
            reason
                .into_iter()
                .chain(details["note"].as_str().map(str::to_owned))
                .collect()
        }
        "key.edited" | "project.edited" => changes(details),
        "key.replaced" | "key.rotated" => {
            let prefix = |name: &str| details[name].as_str().unwrap_or_default();
            vec![format!(
                "{}… → {}…",
                prefix("replaced_prefix"),
                prefix("key_prefix")
            )]
        }
        "user.created" | "user.invited" | "grant.given" | "grant.taken" => details["role"]
            .as_str()
            .map(|role| format!("as {role}"))
            .into_iter()
            .collect(),
        "scope.created" | "scope.deleted" | "scope.edited" => details["scope"]
            .as_str()
            .map(str::to_owned)
            .into_iter()
            .chain(changes(details))
            .collect(),
        "keys.imported" => details["count"]
            .as_i64()
            .map(|count| plural(count, "key"))
            .into_iter()
            .collect(),
        "project.archived" => details["keys"]
            .as_i64()
            .map(|count| format!("with {}", plural(count, "key")))
            .into_iter()
            .collect(),
        "token.created" => details["permissions"]
            .as_str()
            .map(str::to_owned)
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// What changed, each as what it was and what it is.
fn changes(details: &Value) -> Vec<String> {
    let changes = details["changes"].as_object().into_iter().flatten();
    let in_words = changes.map(|(field, values)| {
        format!(
            "{}: {} → {}",
            field_title(field),
            shown(&values[0]),
            shown(&values[1])
        )
    });
    in_words.collect()
}

fn field_title(field: &str) -> &str {
    match field {
        "label" => "Label",
        "scopes" => "Scopes",
        "expires_at" => "Expires",
        "rate_limit" => "Rate limit",
        "allowed_ips" => "Allowed addresses",
        "name" => "Name",
        "key_start" => "Start",
        "environment_segment" => "Environment in keys",
        "default_lifetime_days" => "Days keys live",
        "max_lifetime_days" => "Days keys live at most",
        "description" => "Description",
        "includes" => "Includes",
        other => other,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(limit) => format!("{} in {} s", limit["requests"], limit["seconds"]),
        other => other.to_string(),
    }
}
