//! `/audit`: who did what, when, from where.

mod words;

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
use crate::web::times::Moment;
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
    /// How the sentence goes on: "to", "Default".
    pub rest: Option<(String, String)>,
    pub details: Vec<String>,
    pub at: Moment,
    /// The project, where the sentence doesn't name it.
    pub project: Option<String>,
    /// What a new or a revoked key begins with.
    pub prefix: Option<String>,
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
        let project = project.map(|project| project.name.as_str());
        let details: Value = serde_json::from_str(&row.details).unwrap_or_default();
        let sentence = words::sentence(&row, project, &details);
        let has_prefix = matches!(&*row.action, "key.created" | "key.revoked");
        let prefix = details["key_prefix"].as_str().filter(|_| has_prefix);
        EntryView {
            id: row.id,
            did: sentence.did,
            subject: sentence.subject,
            link,
            rest: sentence.rest,
            details: words::details(&row.action, &details),
            at: Moment::new(row.at, now),
            project: project
                .filter(|_| !words::names_project(&row.action))
                .map(str::to_owned),
            prefix: prefix.map(str::to_owned),
            actor: words::actor(row.actor),
            from: row.client_ip,
        }
    }
}
