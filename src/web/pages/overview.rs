//! `/`: the projects one knows of, and what needs attention in each.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::projects::ArchivedView;
use crate::clock::UtcTime;
use crate::db::projects::Project;
use crate::domain::list_keys::{Attention, needing_attention, or_more};
use crate::domain::policy::Action;
use crate::web::page::{self, Layout, Section};
use crate::web::times::{grouped, plural};
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
    /// "2 projects · 1 archived".
    summary: String,
    projects: Vec<ProjectCard>,
    may_create: bool,
}

struct ProjectCard {
    slug: String,
    name: String,
    keys: String,
    /// Whether keys of it still work, and if not, since when.
    archived: Option<ArchivedView>,
    /// How many, where there are any.
    expiring: Option<String>,
    dormant: Option<String>,
}

/// The overview.
pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let mut known = visitor.projects.clone();
    known.sort_by_key(|project| project.archived_at.is_some());
    let summary = summary(&known);
    let projects = visitor
        .act(move |conn, _, now| {
            known
                .into_iter()
                .map(|project| {
                    let attention = match project.archived_at {
                        None => Some(needing_attention(conn, &project, now)?),
                        Some(_) => None,
                    };
                    Ok(card(project, attention, now))
                })
                .collect()
        })
        .await?;
    let layout = Layout::new(&visitor, Section::Overview, None, "Overview");
    let page = OverviewPage {
        layout,
        summary,
        projects,
        may_create: visitor.actor.may(Action::ManageProjects, None),
    };
    Ok(page::full(StatusCode::OK, &page))
}

fn summary(known: &[Project]) -> String {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let all = plural(count(known.len()), "project");
    let archived = known
        .iter()
        .filter(|project| project.archived_at.is_some())
        .count();
    match archived {
        0 => all,
        some => format!("{all} · {} archived", grouped(count(some))),
    }
}

fn card(project: Project, attention: Option<Attention>, now: UtcTime) -> ProjectCard {
    let some = |count: i64| (count > 0).then(|| format!("{}{}", grouped(count), or_more(count)));
    ProjectCard {
        keys: plural(project.key_count, "key"),
        archived: ArchivedView::of(&project, now),
        expiring: attention.and_then(|attention| some(attention.expiring)),
        dormant: attention.and_then(|attention| some(attention.dormant)),
        slug: project.slug,
        name: project.name,
    }
}
