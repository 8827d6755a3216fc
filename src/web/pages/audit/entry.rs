//! `/audit/{id}`: everything that one entry says, and an entry in a list.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use base16ct::lower as hex;
use serde_json::Value;
use time::macros::format_description;

use super::query;
use super::words::{self, Change};
use crate::access::Action;
use crate::clock::UtcTime;
use crate::domain::audit;
use crate::records::{AuditEntry, ChainedEntry, Project};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::Moment;
use crate::web::shared::{Viewer, Visitor, WebError};

/// An audit entry in words.
pub struct EntryView {
    pub id: i64,
    pub actor: String,
    /// All that the actor did.
    pub by_actor: String,
    /// What they did: "created".
    pub did: String,
    /// What they did it to, if the verb alone doesn't say.
    pub subject: Option<String>,
    /// The page of the key, the project or the person.
    pub link: Option<String>,
    /// How the sentence goes on: "to", "Default".
    pub rest: Option<(String, String)>,
    pub details: Vec<String>,
    pub at: Moment,
    /// "14:03:22".
    pub time: String,
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
        let link = link(&entry, project);
        let project = project.map(|project| project.name.as_str());
        let details: Value = serde_json::from_str(&entry.details).unwrap_or_default();
        let sentence = words::sentence(&entry, project, &details);
        let has_prefix = matches!(&*entry.action, "key.created" | "key.revoked");
        let prefix = details["key_prefix"].as_str().filter(|_| has_prefix);
        let time = format_description!("[hour]:[minute]:[second]");
        EntryView {
            id: entry.id,
            did: sentence.did,
            subject: sentence.subject,
            link,
            rest: sentence.rest,
            details: words::details(&entry.action, &details),
            at: Moment::new(entry.at, now),
            time: entry.at.format(time).unwrap_or_default(),
            project: project
                .filter(|_| !words::names_project(&entry.action))
                .map(str::to_owned),
            prefix: prefix.map(str::to_owned),
            by_actor: query::log([("actor", &*entry.actor), ("action", "all")]),
            actor: words::actor(entry.actor),
            from: entry.client_ip,
        }
    }
}

/// The page of what an entry is about.
fn link(entry: &AuditEntry, project: Option<&Project>) -> Option<String> {
    let slug = &project?.slug;
    match (entry.key_id, entry.action.split('.').next()?) {
        (Some(key), _) => Some(format!("/projects/{slug}/keys/{key}")),
        (None, "scope" | "scopes") => Some(format!("/projects/{slug}/scopes")),
        (None, "grant") => Some(format!("/projects/{slug}/grants")),
        (None, "project" | "keys") => Some(format!("/projects/{slug}")),
        _ => None,
    }
}

#[derive(Template)]
#[template(path = "audit/entry.html")]
struct EntryPage {
    layout: Layout,
    view: EntryView,
    entry: AuditEntry,
    /// To the microsecond: "2026-03-01 14:03:22.123456 UTC".
    exact: String,
    /// The project's slug and name.
    project: Option<(String, String)>,
    changes: Vec<Change>,
    /// What else the entry says, as name and value.
    others: Vec<(String, String)>,
    hash: String,
    previous_hash: String,
    /// All that the actor did on that day, if it was not everything.
    that_day: String,
    /// The page of the person who did it, for those who may see it.
    person: Option<String>,
    /// Everything about the same key.
    of_key: Option<String>,
    /// Everything from the same address.
    from_address: Option<String>,
}

/// One entry.
pub async fn show(visitor: Visitor, id: web::Path<i64>) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let (viewer, found) = visitor.view(move |op| audit::one(op, id)).await?;
    Ok(page::full(StatusCode::OK, &entry_page(&viewer, found)))
}

fn entry_page(viewer: &Viewer, found: ChainedEntry) -> EntryPage {
    let entry = found.entry;
    let exact = format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:6] UTC"
    );
    let details: Value = serde_json::from_str(&entry.details).unwrap_or_default();
    let mut projects = viewer.projects.iter();
    let project = projects.find(|project| Some(project.id) == entry.project_id);
    let key = entry.key_id.map(|key| key.to_string());
    let all_of = |name, value: &str| query::log([(name, value), ("action", "all")]);
    let may_see_people = viewer.actor.may(Action::ManageUsers, None);
    EntryPage {
        layout: Layout::new(viewer, Section::Audit, None, format!("Entry {}", entry.id)),
        view: EntryView::new(entry.clone(), &viewer.projects, viewer.now),
        exact: entry.at.format(exact).unwrap_or_default(),
        project: project.map(|project| (project.slug.clone(), project.name.clone())),
        changes: words::changes(&details),
        others: words::others(&details),
        hash: hex::encode_string(&found.hash),
        previous_hash: hex::encode_string(&found.previous_hash),
        that_day: query::day_of(&entry.actor, entry.at),
        person: entry
            .actor_id
            .filter(|_| may_see_people)
            .map(|id| format!("/users/{id}")),
        of_key: key.map(|key| all_of("key", &key)),
        from_address: entry.client_ip.as_deref().map(|ip| all_of("address", ip)),
        entry,
    }
}
