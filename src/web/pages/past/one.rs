//! `/projects/{p}/past/keys/{id}`: a key as it was, and what made it so.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::query::{Chosen, PastQuery, PastView, addresses};
use crate::domain::past::{self, KeyThen};
use crate::domain::{DomainError, projects};
use crate::records::{AuditEntry, Project};
use crate::web::pages::keys::{self, ShownState};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::exact;
use crate::web::shared::{Visitor, WebError, rate_limit_fields};

#[derive(Template)]
#[template(path = "past/one.html")]
struct OnePage {
    layout: Layout,
    past: PastView,
    label: String,
    prefix: String,
    state: ShownState,
    facts: Vec<Fact>,
    /// The key as it is.
    now_path: String,
}

/// Something about the key, and the entry that made it so.
struct Fact {
    title: &'static str,
    value: String,
    made_by: Option<Made>,
}

/// An entry of the audit log, in short.
struct Made {
    path: String,
    id: i64,
    actor: String,
    at: String,
}

pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    query: web::Query<PastQuery>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let query = query.into_inner();
    let asked = query.clone();
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let chosen = Chosen::read(op, &project, asked.moment().as_deref())?;
        let as_of = chosen.moment().ok_or(DomainError::NotFound)?;
        let then = past::key(op, &project, id, as_of)?;
        let state = ShownState::of(then.past.state(as_of.end), then.was_archived);
        Ok((project, chosen, then, state))
    });
    let (viewer, (project, chosen, then, state)) = loading.await?;
    let title = format!("{} as it was", then.past.key.label);
    let page = OnePage {
        layout: Layout::new(&viewer, Section::Keys, Some(&project), title),
        label: then.past.key.label.clone(),
        prefix: then.past.key.prefix.clone(),
        state,
        facts: facts(&then, &project, state),
        now_path: keys::path(&project.slug, id),
        past: PastView::new(query, &project, &chosen, viewer.now),
    };
    Ok(page::full(StatusCode::OK, &page))
}

fn facts(then: &KeyThen, project: &Project, state: ShownState) -> Vec<Fact> {
    let key = &then.past.key;
    let fact = |title, field: &str, value: String| Fact {
        title,
        value,
        made_by: then
            .origins
            .get(field)
            .or_else(|| then.origins.get("made"))
            .map(made),
    };
    let or = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.to_owned());
    let state = match &key.revocation {
        Some(revocation) => format!(
            "Revoked {} by {}: {}",
            exact(revocation.at),
            revocation.by,
            revocation.reason.title()
        ),
        None if then.was_archived => format!("Ended with its project, {}", project.name),
        None => state.title().to_owned(),
    };
    let expires = match then.past.unknown.contains(&"expires_at") {
        true => "not known: the entry of its rotation doesn’t say".to_owned(),
        false => key.expires_at.map_or("never".to_owned(), exact),
    };
    let limit = key.rate_limit.map(rate_limit_fields::in_words);
    let metadata = match key.metadata.is_empty() {
        true => "none".to_owned(),
        false => serde_json::Value::from(key.metadata.clone()).to_string(),
    };
    vec![
        fact("State", "state", state),
        fact("Label", "label", key.label.clone()),
        fact("Scopes", "scopes", key.scopes.join(", ")),
        fact("Expires", "expires_at", expires),
        fact("Rate limit", "rate_limit", or(&limit, "the project’s")),
        fact("Addresses", "allowed_ips", addresses(key)),
        fact("Owner", "owner", or(&key.owner, "nobody")),
        fact("Consumer", "consumer", or(&key.consumer, "none")),
        fact("Metadata", "metadata", metadata),
        fact(
            "Created",
            "made",
            format!("{} by {}", exact(key.created_at), key.created_by),
        ),
    ]
}

fn made(entry: &AuditEntry) -> Made {
    Made {
        path: format!("/audit/{}", entry.id),
        id: entry.id,
        actor: entry.actor.clone(),
        at: exact(entry.at),
    }
}
