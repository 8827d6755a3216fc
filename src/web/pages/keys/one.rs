//! `/projects/{p}/keys/{id}`: everything known about one key.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use keyward_key::scope::EVERY_SCOPE;
use serde::Deserialize;

use super::usage::UsageView;
use super::view::KeyView;
use crate::access::Action;
use crate::domain::{keys, projects, scopes};
use crate::records::Project;
use crate::web::pages::audit::EntryView;
use crate::web::pages::projects::ArchivedView;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Visitor, WebError, rate_limit_fields};

#[derive(Template)]
#[template(path = "keys/one.html")]
struct OnePage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    key: KeyView,
    /// The scopes that it may use without carrying them by name.
    beyond: Vec<String>,
    /// It carries `*`.
    has_every: bool,
    /// The key that it replaced, and the one that replaced it.
    replaces: Option<i64>,
    replaced_by: Option<i64>,
    usage: UsageView,
    more_count: i64,
    /// The project's limit, which applies if the key has none of its own.
    project_limit: Option<String>,
    history: Option<Vec<EntryView>>,
    /// Whether its secret can still be revealed in this session.
    is_waiting: bool,
    /// Whether the visitor may replace it with a new key, at once or after an overlap.
    may_rotate: bool,
    /// The key that was made to replace it, while this one still works.
    successor: Option<i64>,
    flash: Option<&'static str>,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct OneQuery {
    done: Option<String>,
}

pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    query: web::Query<OneQuery>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let session = visitor.session.id.clone();
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let key = keys::read(op, &project, id)?;
        let entries = keys::history(op, &key)?;
        let usage = keys::usage(op, &key)?;
        let is_waiting = op.actor().may(Action::MintKeys, Some(project.id))
            && keys::is_waiting(op, &key, &session)?;
        let catalogue = scopes::catalogue(op, &project)?;
        let beyond = scopes::beyond_names(&catalogue, &key);
        Ok((project, key, beyond, entries, usage, is_waiting))
    });
    let (viewer, (project, key, beyond, entries, usage, is_waiting)) = loading.await?;
    let in_words = |row| EntryView::new(row, &viewer.projects, viewer.now);
    let history = entries.map(|entries| entries.into_iter().map(in_words).collect());
    let flash = match query.done.as_deref() {
        Some("edited") => Some("Changes saved. They hold from the next request on."),
        _ => None,
    };
    let is_active = key.is_active(viewer.now);
    let may_mint = viewer.actor.may(Action::MintKeys, Some(project.id));
    let archived = ArchivedView::of(&project, viewer.now);
    let is_open = archived.is_none();
    let usage = UsageView::new(usage, viewer.now);
    let page = OnePage {
        layout: Layout::new(&viewer, Section::Keys, Some(&project), key.label.clone()),
        archived,
        has_every: key.scopes.iter().any(|scope| scope == EVERY_SCOPE),
        beyond,
        replaces: key.replaces,
        replaced_by: key.replaced_by,
        may_rotate: is_active && is_open && may_mint && key.replaced_by.is_none(),
        successor: key.replaced_by.filter(|_| is_active && is_open),
        key: KeyView::new(key, &project, &viewer.actor, viewer.now),
        more_count: i64::try_from(usage.more_sources.len()).unwrap_or(i64::MAX),
        usage,
        project_limit: project.rate_limit.map(rate_limit_fields::in_words),
        is_waiting: is_waiting && is_open,
        project,
        history,
        flash,
    };
    Ok(page::full(StatusCode::OK, &page))
}
