//! `/` and `/projects/{p}`: all projects, or one, in numbers, what needs attention, and what changed.

mod attention;
mod figures;
mod steps;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use self::attention::ConcernView;
use self::figures::Figure;
use self::steps::StepsView;
use super::audit::EntryView;
use super::reviews::path as reviews_path;
use super::rollbacks::NoticeView;
use crate::access::Action;
use crate::clock::UtcTime;
use crate::domain::usage::{Counts, Range};
use crate::domain::{DomainError, Op, audit, overview, projects, reviews, rollbacks};
use crate::records::Project;
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::chart::Chart;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::shell;
use crate::web::shared::times::{grouped, plural};
use crate::web::shared::{Viewer, Visitor, WebError};

/// So many of the latest changes are shown.
const CHANGES: i64 = 6;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
    title: String,
    /// "2 projects · 1 archived".
    summary: String,
    /// What was lost in a failover, for owners.
    notices: Vec<NoticeView>,
    /// The reviews that wait for the visitor's own answers: where, and how many keys.
    waiting: Vec<(String, String)>,
    steps: Option<StepsView>,
    figures: Vec<Figure>,
    chart: Option<Chart>,
    concerns: Vec<ConcernView>,
    /// All keys that need attention.
    all_concerns: String,
    /// Empty on the overview of one project.
    projects: Vec<ProjectRow>,
    /// `None` for those who may not read the audit log.
    changes: Option<Vec<EntryView>>,
    archived: Option<ArchivedView>,
    create: Option<Create>,
}

/// What the page's button creates.
struct Create {
    path: String,
    title: &'static str,
    is_primary: bool,
}

struct ProjectRow {
    path: String,
    name: String,
    slug: String,
    keys: String,
    /// Set once it is archived; its keys then no longer work.
    archived: Option<ArchivedView>,
}

/// What is loaded for either page.
struct Loaded {
    figures: overview::Figures,
    /// The counts of each project.
    counts: Vec<(String, Counts)>,
    concerns: Vec<(overview::Concern, Project, crate::records::Key)>,
    steps: Option<overview::Steps>,
    changes: Option<Vec<crate::records::AuditEntry>>,
    notices: Vec<rollbacks::Notice>,
    waiting: Vec<(i64, i64)>,
}

/// The range of the chart.
#[derive(Deserialize)]
pub struct OverviewQuery {
    #[serde(default)]
    range: String,
}

fn load(
    op: &mut Op,
    known: &[Project],
    about: Option<&Project>,
    range: Range,
) -> Result<Loaded, DomainError> {
    let counts = known.iter().map(|project| {
        let counts = projects::usage(op, project, range)?;
        Ok((project.name.clone(), counts))
    });
    let counts = counts.collect::<Result<_, DomainError>>()?;
    Ok(Loaded {
        counts,
        figures: overview::figures(op, known)?,
        concerns: overview::attention(op, known)?,
        steps: overview::steps(op, known)?,
        changes: audit::latest(op, about, CHANGES)?,
        waiting: reviews::waiting(op)?,
        notices: match about {
            None => rollbacks::unacknowledged(op)?,
            Some(_) => Vec::new(),
        },
    })
}

pub async fn show(
    visitor: Visitor,
    query: web::Query<OverviewQuery>,
) -> Result<HttpResponse, WebError> {
    let range = query.range.parse().unwrap_or_default();
    let loading = visitor.view(move |op| {
        let known = projects::list(op)?;
        load(op, &known, None, range)
    });
    let (viewer, loaded) = loading.await?;
    let may_create = viewer.actor.may(Action::ManageProjects, None);
    let create = may_create.then(|| Create {
        path: "/projects/new".into(),
        title: "Create project",
        is_primary: loaded.steps.is_none(),
    });
    let layout = Layout::new(&viewer, Section::Overview, None, "Overview");
    let page = OverviewPage {
        summary: summary(&viewer.projects),
        projects: rows(&viewer.projects, viewer.now),
        archived: None,
        create,
        ..page_of(layout, "Overview".into(), &viewer, loaded, None)
    };
    Ok(page::full(StatusCode::OK, &page))
}

pub async fn show_one(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<OverviewQuery>,
) -> Result<HttpResponse, WebError> {
    let (slug, range) = (slug.into_inner(), query.range.parse().unwrap_or_default());
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let loaded = load(op, std::slice::from_ref(&project), Some(&project), range)?;
        Ok((project, loaded))
    });
    let (viewer, (project, loaded)) = loading.await?;
    let archived = ArchivedView::of(&project, viewer.now);
    let may_mint = viewer.actor.may(Action::MintKeys, Some(project.id));
    let create = (may_mint && archived.is_none()).then(|| Create {
        path: format!("/projects/{}/keys/new", project.slug),
        title: "Create key",
        is_primary: loaded.steps.is_none(),
    });
    let layout = Layout::new(&viewer, Section::Project, Some(&project), "Overview");
    let page = OverviewPage {
        summary: plural(project.key_count, "key"),
        projects: Vec::new(),
        archived,
        create,
        ..page_of(
            layout,
            project.name.clone(),
            &viewer,
            loaded,
            Some(&project),
        )
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// What both pages have in common.
fn page_of(
    layout: Layout,
    title: String,
    viewer: &Viewer,
    loaded: Loaded,
    about: Option<&Project>,
) -> OverviewPage {
    let own = about.map(|project| shell::path(&project.slug));
    let own = own.unwrap_or_default();
    let list = format!("{own}/keys");
    let (page, usage) = match about {
        Some(_) => (own.clone(), format!("{own}/usage?range=24h")),
        None => ("/".into(), "/?range=24h".into()),
    };
    let in_words = |entry| EntryView::new(entry, &viewer.projects, viewer.now);
    let notices = loaded.notices.into_iter();
    let concerns = loaded.concerns.into_iter();
    OverviewPage {
        layout,
        title,
        summary: String::new(),
        waiting: loaded
            .waiting
            .into_iter()
            .map(|(review, keys)| (reviews_path(review), plural(keys, "key")))
            .collect(),
        notices: notices
            .map(|notice| NoticeView::new(notice, viewer.now))
            .collect(),
        steps: loaded.steps.map(StepsView::new),
        figures: Figure::all(&loaded.figures, &list, &usage),
        chart: Chart::new(&page, loaded.counts),
        concerns: concerns
            .map(|(concern, project, key)| {
                ConcernView::new(concern, &project, key, &viewer.actor, viewer.now)
            })
            .collect(),
        all_concerns: format!("{list}?state=attention"),
        projects: Vec::new(),
        changes: loaded
            .changes
            .map(|changes| changes.into_iter().map(in_words).collect()),
        archived: None,
        create: None,
    }
}

fn rows(known: &[Project], now: UtcTime) -> Vec<ProjectRow> {
    let mut known: Vec<&Project> = known.iter().collect();
    known.sort_by_key(|project| project.archived_at.is_some());
    let row = |project: &Project| ProjectRow {
        path: shell::path(&project.slug),
        name: project.name.clone(),
        slug: project.slug.clone(),
        keys: plural(project.key_count, "key"),
        archived: ArchivedView::of(project, now),
    };
    known.into_iter().map(row).collect()
}

fn summary(known: &[Project]) -> String {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let all = plural(count(known.len()), "project");
    let archived = known.iter().filter(|project| project.archived_at.is_some());
    match archived.count() {
        0 => all,
        some => format!("{all} · {} archived", grouped(count(some))),
    }
}
