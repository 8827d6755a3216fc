//! `/audit`: the log itself, newest first, and its entries in words.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::words;
use crate::clock::UtcTime;
use crate::domain::audit;
use crate::records::{AuditEntry, Project};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::Moment;
use crate::web::shared::{Visitor, WebError};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    layout: Layout,
    entries: Vec<EntryView>,
    next: Option<i64>,
    is_first: bool,
}

/// The entry to continue from.
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
    let reading = visitor.view(move |op| audit::read(op, before, 0, PAGE));
    let (viewer, log) = reading.await?;
    let entries = log
        .entries
        .into_iter()
        .map(|entry| EntryView::new(entry, &viewer.projects, viewer.now))
        .collect();
    let page = AuditPage {
        layout: Layout::new(&viewer, Section::Audit, None, "Audit log"),
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
    /// What they did it to, if the verb alone doesn't say.
    pub subject: Option<String>,
    /// The key's page.
    pub link: Option<String>,
    /// How the sentence goes on: "to", "Default".
    pub rest: Option<(String, String)>,
    pub details: Vec<String>,
    pub at: Moment,
    /// The project, if the sentence doesn't name it.
    pub project: Option<String>,
    /// What a new or a revoked key begins with.
    pub prefix: Option<String>,
    pub from: Option<String>,
}

impl EntryView {
    /// `entry` for a visitor who may see `projects`.
    pub fn new(entry: AuditEntry, projects: &[Project], now: UtcTime) -> Self {
        let project = projects
            .iter()
            .find(|project| Some(project.id) == entry.project_id);
        let link = project
            .zip(entry.key_id)
            .map(|(project, key)| format!("/projects/{}/keys/{key}", project.slug));
        let project = project.map(|project| project.name.as_str());
        let details: Value = serde_json::from_str(&entry.details).unwrap_or_default();
        let sentence = words::sentence(&entry, project, &details);
        let has_prefix = matches!(&*entry.action, "key.created" | "key.revoked");
        let prefix = details["key_prefix"].as_str().filter(|_| has_prefix);
        EntryView {
            id: entry.id,
            did: sentence.did,
            subject: sentence.subject,
            link,
            rest: sentence.rest,
            details: words::details(&entry.action, &details),
            at: Moment::new(entry.at, now),
            project: project
                .filter(|_| !words::names_project(&entry.action))
                .map(str::to_owned),
            prefix: prefix.map(str::to_owned),
            actor: words::actor(entry.actor),
            from: entry.client_ip,
        }
    }
}
