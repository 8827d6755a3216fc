//! `/audit`: the log itself, newest first.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use strum::VariantArray;
use time::macros::format_description;

use super::entry::EntryView;
use super::query::{AuditQuery, PATH, Period};
use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::audit_log::AuditFilter;
use crate::domain::audit::{self, AuditPage};
use crate::domain::{DomainError, FieldError, Op};
use crate::records::ActionGroup;
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{Moment, grouped, plural};
use crate::web::shared::{Viewer, Visitor, WebError};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "audit/list.html")]
struct LogPage {
    layout: Layout,
    filters: Filters,
    chain: ChainView,
    days: Vec<Day>,
    next: Option<String>,
    is_first: bool,
    /// Where to ask for newer entries, if the newest are shown.
    watched: Option<String>,
    summary: String,
    may_export: bool,
}

/// What the form shows.
struct Filters {
    query: AuditQuery,
    periods: Vec<Period>,
    /// The value and the title of each group of actions, and whether it is chosen.
    groups: Vec<(&'static str, &'static str, bool)>,
    /// An action that is filtered by and is no group.
    action: Option<String>,
    /// Slug and name of each project, and whether it is chosen.
    projects: Vec<(String, String, bool)>,
    errors: Errors,
}

impl Filters {
    /// How many of the fields are set that fold on narrow screens.
    fn set(&self) -> usize {
        let searched = ["q"];
        let fields = self.query.asked.fields();
        fields.filter(|(name, _)| !searched.contains(name)).count()
    }

    fn is_filtered(&self) -> bool {
        self.query.asked.fields().next().is_some()
    }
}

/// The entries of a day.
struct Day {
    /// "Sunday 1 March 2026".
    title: String,
    entries: Vec<EntryView>,
}

/// What the page says about the chain.
pub struct ChainView {
    /// "12,345".
    pub last_entry: String,
    pub broken_at: Option<i64>,
    /// The last entry that is signed for, and when.
    pub signed: Option<(String, Moment)>,
}

impl ChainView {
    pub fn new(state: &audit::ChainState, now: UtcTime) -> Self {
        let newest = state.checkpoints.first();
        ChainView {
            last_entry: grouped(state.head.entry),
            broken_at: state.broken_at,
            signed: newest.map(|it| (grouped(it.entry), Moment::new(it.at, now))),
        }
    }
}

/// What the log's page is made from.
struct Loaded {
    log: AuditPage,
    chain: audit::ChainState,
    errors: Vec<FieldError>,
}

/// The audit log, newest first.
pub async fn show(
    visitor: Visitor,
    query: web::Query<AuditQuery>,
) -> Result<HttpResponse, WebError> {
    let given = query.into_inner();
    let query = given.clone().tidied();
    if query.asked.q != given.asked.q.trim() {
        return Ok(page::see_other(&query.url(PATH)));
    }
    respond(visitor, query).await
}

/// Where the form leads. A search may have a secret in it, so it comes in a body; the address that the
/// answer leads to has none.
pub async fn search(
    _visitor: Visitor,
    Form(query): Form<AuditQuery>,
) -> Result<HttpResponse, WebError> {
    let query = query.tidied();
    Ok(page::see_other(&query.url(PATH)))
}

/// The same page if there is a newer entry, and nothing otherwise.
pub async fn latest(
    visitor: Visitor,
    query: web::Query<AuditQuery>,
) -> Result<HttpResponse, WebError> {
    let query = query.into_inner().tidied();
    let (newest, own) = (query.newest(), query.clone());
    let looking = visitor.act(move |op| Ok(load(op, &own, 1)?.log.entries.pop()));
    let latest = looking.await?.map_or(0, |entry| entry.id);
    match latest == newest {
        true => Ok(HttpResponse::NoContent().finish()),
        false => respond(visitor, query).await,
    }
}

async fn respond(visitor: Visitor, query: AuditQuery) -> Result<HttpResponse, WebError> {
    let own = query.clone();
    let (viewer, loaded) = visitor.view(move |op| load(op, &own, PAGE)).await?;
    let status = match loaded.errors.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(page::full(status, &log_page(&viewer, query, loaded)))
}

/// A page of the log; an empty one if the filter can't be understood.
fn load(op: &mut Op, query: &AuditQuery, limit: usize) -> Result<Loaded, DomainError> {
    let chain = audit::state(op, 1)?;
    let projects = crate::domain::projects::list(op)?;
    let (filter, errors) = match query.asked.filter(&projects) {
        Ok(filter) => (filter, Vec::new()),
        Err(errors) => (nothing(), errors),
    };
    let log = audit::read(op, filter, query.place(), 0, limit)?;
    Ok(Loaded { log, chain, errors })
}

/// Lets nothing through.
fn nothing() -> AuditFilter {
    AuditFilter {
        projects: Some(Vec::new()),
        ..AuditFilter::default()
    }
}

fn log_page(viewer: &Viewer, query: AuditQuery, loaded: Loaded) -> LogPage {
    let Loaded { log, chain, errors } = loaded;
    let is_first = query.place().is_none();
    let newest = log.entries.first().map_or(0, |entry| entry.id);
    let shown = i64::try_from(log.entries.len()).unwrap_or(i64::MAX);
    let summary = match (shown, is_first, log.next.is_some()) {
        (_, true, false) => plural(shown, "entry").replace("entrys", "entries"),
        (_, true, true) => format!("The newest {shown} entries"),
        (_, false, _) => format!("{shown} older entries"),
    };
    LogPage {
        layout: Layout::new(viewer, Section::Audit, None, "Audit log"),
        next: log.next.map(|place| query.after(place)),
        watched: (is_first && errors.is_empty()).then(|| query.watched(newest)),
        days: by_day(log.entries, viewer),
        chain: ChainView::new(&chain, viewer.now),
        filters: filters(viewer, query, errors),
        is_first,
        summary,
        may_export: viewer.actor.may_anywhere(Action::ExportAudit),
    }
}

fn filters(viewer: &Viewer, query: AuditQuery, errors: Vec<FieldError>) -> Filters {
    let asked = &query.asked;
    let named = [("changes", "Changes"), ("all", "Everything")];
    let groups = ActionGroup::VARIANTS.iter();
    let groups = groups.map(|group| {
        let name: &'static str = (*group).into();
        (name, group.title())
    });
    let groups: Vec<_> = named
        .into_iter()
        .chain(groups)
        .map(|(name, title)| (name, title, asked.action == name))
        .collect();
    let is_group = asked.action.is_empty() || groups.iter().any(|(_, _, is_chosen)| *is_chosen);
    let projects = viewer.projects.iter();
    let projects = projects
        .filter(|project| viewer.actor.may(Action::ReadAudit, Some(project.id)))
        .map(|project| {
            let is_chosen = project.slug == asked.project;
            (project.slug.clone(), project.name.clone(), is_chosen)
        });
    Filters {
        periods: query.periods(viewer.now),
        action: (!is_group).then(|| asked.action.clone()),
        groups,
        projects: projects.collect(),
        errors: Errors(errors),
        query,
    }
}

fn by_day(entries: Vec<crate::records::AuditEntry>, viewer: &Viewer) -> Vec<Day> {
    let format = format_description!("[weekday] [day padding:none] [month repr:long] [year]");
    let mut days: Vec<Day> = Vec::new();
    for entry in entries {
        let title = entry.at.format(format).unwrap_or_default();
        let view = EntryView::new(entry, &viewer.projects, viewer.now);
        match days.last_mut().filter(|day| day.title == title) {
            Some(day) => day.entries.push(view),
            None => days.push(Day {
                title,
                entries: vec![view],
            }),
        }
    }
    days
}
