//! `/projects/{p}/keys/{id}`: everything known about one key.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use keyward_key::scope::EVERY_SCOPE;
use serde::Deserialize;

use super::callers::{CallerView, SHOWN};
use super::done::Done;
use super::standing::standing;
use super::view::KeyView;
use crate::access::Action;
use crate::domain::{audit, keys, projects, scopes};
use crate::records::Project;
use crate::web::pages::audit::EntryView;
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::asked_scopes::AskedView;
use crate::web::shared::chart::Chart;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::scope_groups::by_resource;
use crate::web::shared::usage_gap::GapView;
use crate::web::shared::{Visitor, WebError, rate_limit_fields};

/// More scopes than this are folded by resource.
const MANY_SCOPES: usize = 12;

#[derive(Template)]
#[template(path = "keys/one.html")]
struct OnePage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    key: KeyView,
    /// The scopes that it may use without carrying them by name.
    beyond: Vec<String>,
    /// Which scopes it was asked for lately.
    asked: AskedView,
    /// The form that keeps only these, for those who may and where that is known.
    narrowing: Option<String>,
    /// Its owner was disabled, or has no role in the project any more.
    is_orphaned: bool,
    /// It carries `*`.
    has_every: bool,
    /// The key that it replaced, and the one that replaced it.
    replaces: Option<i64>,
    replaced_by: Option<i64>,
    /// How it stands, in a sentence or two.
    standing: String,
    chart: Option<Chart>,
    gap: Option<GapView>,
    callers: Vec<CallerView>,
    more_callers: Vec<CallerView>,
    /// Its scopes by resource, if they are many.
    groups: Vec<(String, Vec<String>)>,
    /// The project's limit, which applies if the key has none of its own.
    project_limit: Option<String>,
    history: Option<Vec<EntryView>>,
    /// Whether its secret can still be revealed in this session.
    is_waiting: bool,
    /// Whether the visitor may replace it with a new key, at once or after an overlap.
    may_rotate: bool,
    /// The key that was made to replace it, while this one still works.
    successor: Option<i64>,
    flash: Option<String>,
}

/// The range of the chart.
#[derive(Deserialize)]
pub struct OneQuery {
    #[serde(default)]
    range: String,
}

pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    query: web::Query<OneQuery>,
    done: web::Query<Done>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let session = visitor.session.id.clone();
    let range = query.range.parse().unwrap_or_default();
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let key = keys::read(op, &project, id)?;
        let entries = audit::of_key(op, &key)?;
        let usage = keys::usage(op, &key)?;
        let counts = keys::counts(op, &key, range)?;
        let is_waiting = op.actor().may(Action::MintKeys, Some(project.id))
            && keys::is_waiting(op, &key, &session)?;
        let catalogue = scopes::catalogue(op, &project)?;
        let beyond = scopes::beyond_names(&catalogue, &key);
        let is_orphaned = keys::is_orphaned(op, &project, &key)?;
        let asked = keys::asked_scopes(op, &project, &key)?;
        let narrower = keys::only_used(&key, &asked).is_some();
        let said = (beyond, is_orphaned, asked, narrower);
        Ok((project, key, said, entries, (usage, counts), is_waiting))
    });
    let (viewer, (project, key, said, entries, (usage, counts), is_waiting)) = loading.await?;
    let in_words = |row| EntryView::new(row, &viewer.projects, viewer.now);
    let history = entries.map(|entries| entries.into_iter().map(in_words).collect());
    let is_active = key.is_active(viewer.now);
    let may_edit = viewer.actor.may(Action::EditKeys, Some(project.id))
        && is_active
        && project.archived_at.is_none();
    let may_mint = viewer.actor.may(Action::MintKeys, Some(project.id));
    let archived = ArchivedView::of(&project, viewer.now);
    let is_open = archived.is_none();
    let mut callers = CallerView::all(&usage.sources, viewer.now);
    let more_callers = callers.split_off(callers.len().min(SHOWN));
    let path = super::path(&project.slug, key.id);
    let chart = Chart::new(&path, vec![("passed".into(), counts)]);
    let page = OnePage {
        layout: Layout::new(&viewer, Section::Keys, Some(&project), key.label.clone()),
        archived,
        has_every: key.scopes.iter().any(|scope| scope == EVERY_SCOPE),
        beyond: said.0,
        is_orphaned: said.1,
        narrowing: (said.3 && may_edit).then(|| format!("{path}/edit?scopes=used")),
        asked: AskedView::new(said.2, viewer.now),
        standing: standing(&key, &project, usage.after_end, viewer.now),
        groups: match key.scopes.len() > MANY_SCOPES {
            true => by_resource(&key.scopes),
            false => Vec::new(),
        },
        replaces: key.replaces,
        replaced_by: key.replaced_by,
        may_rotate: is_active && is_open && may_mint && key.replaced_by.is_none(),
        successor: key.replaced_by.filter(|_| is_active && is_open),
        key: KeyView::new(key, &project, &viewer.actor, viewer.now),
        chart,
        gap: usage.gap.map(|gap| GapView::new(&gap, viewer.now)),
        callers,
        more_callers,
        project_limit: project.rate_limit.map(rate_limit_fields::in_words),
        is_waiting: is_waiting && is_open,
        project,
        history,
        flash: done.in_words(),
    };
    Ok(page::full(StatusCode::OK, &page))
}
