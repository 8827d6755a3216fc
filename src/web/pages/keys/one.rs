//! `/projects/{p}/keys/{id}`: everything known about one key.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::usage::UsageView;
use super::view::KeyView;
use crate::db::projects::Project;
use crate::domain::list_projects::find_project;
use crate::domain::policy::Action;
use crate::domain::read_key::{history, read_key};
use crate::domain::read_usage::read_usage;
use crate::domain::reveal_key::is_waiting;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::audit::EntryView;
use crate::web::pages::limits;
use crate::web::pages::projects::ArchivedView;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/one.html")]
struct OnePage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    key: KeyView,
    /// The key it took the place of, and the one that took its place.
    replaces: Option<i64>,
    replaced_by: Option<i64>,
    usage: UsageView,
    more_count: i64,
    /// The limit that holds for want of one of its own.
    project_limit: Option<String>,
    history: Option<Vec<EntryView>>,
    /// Its secret was not shown yet, and can be in this session.
    is_waiting: bool,
    /// Whether the visitor may replace it by a new key, at once or after an overlap.
    may_rotate: bool,
    /// The key that was made to take its place, while this one still works.
    successor: Option<i64>,
    flash: Option<&'static str>,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct OneQuery {
    done: Option<String>,
}

/// The page.
pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    query: web::Query<OneQuery>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let session = visitor.session.id.clone();
    let loading = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &slug)?;
        let key = read_key(conn, actor, &project, id)?;
        let entries = history(conn, actor, &key)?;
        let usage = read_usage(conn, actor, &key, now)?;
        let is_waiting = actor.may(Action::MintKeys, Some(project.id))
            && is_waiting(conn, actor, &key, &session, now)?;
        Ok((project, key, entries, usage, is_waiting))
    });
    let (project, key, entries, usage, is_waiting) = loading.await?;
    let in_words = |row| EntryView::new(row, &visitor.projects, visitor.now);
    let history = entries.map(|entries| entries.into_iter().map(in_words).collect());
    let flash = match query.done.as_deref() {
        Some("edited") => Some("Changes saved. They hold from the next request on."),
        _ => None,
    };
    let is_active = key.is_active(visitor.now);
    let may_mint = visitor.actor.may(Action::MintKeys, Some(project.id));
    let archived = ArchivedView::of(&project, visitor.now);
    let is_open = archived.is_none();
    let usage = UsageView::new(usage, visitor.now);
    let page = OnePage {
        layout: Layout::new(&visitor, Section::Keys, Some(&project), key.label.clone()),
        archived,
        replaces: key.replaces,
        replaced_by: key.replaced_by,
        may_rotate: is_active && is_open && may_mint && key.replaced_by.is_none(),
        successor: key.replaced_by.filter(|_| is_active && is_open),
        key: KeyView::new(key, &project, &visitor.actor, visitor.now),
        more_count: i64::try_from(usage.more_sources.len()).unwrap_or(i64::MAX),
        usage,
        project_limit: project.rate_limit().map(limits::in_words),
        is_waiting: is_waiting && is_open,
        project,
        history,
        flash,
    };
    Ok(page::full(StatusCode::OK, &page))
}
