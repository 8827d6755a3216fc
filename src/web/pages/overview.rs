//! `/`: the projects the visitor may see, and what needs attention in each.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::projects::ArchivedView;
use super::rollbacks::NoticeView;
use crate::access::Action;
use crate::clock::UtcTime;
use crate::domain::counting::or_more;
use crate::domain::keys::{self, Attention};
use crate::domain::{DomainError, projects, rollbacks};
use crate::records::Project;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{grouped, plural};
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
    /// "2 projects · 1 archived".
    summary: String,
    /// What was lost in a failover, for owners.
    notices: Vec<NoticeView>,
    projects: Vec<ProjectCard>,
    may_create: bool,
}

struct ProjectCard {
    slug: String,
    name: String,
    keys: String,
    /// Set once it is archived; its keys then no longer work.
    archived: Option<ArchivedView>,
    /// How many, if there are any.
    expiring: Option<String>,
    dormant: Option<String>,
}

pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let loading = visitor.view(|op| {
        let mut known = projects::list(op)?;
        known.sort_by_key(|project| project.archived_at.is_some());
        let with_attention = known.into_iter().map(|project| {
            let attention = match project.archived_at {
                None => Some(keys::needing_attention(op, &project)?),
                Some(_) => None,
            };
            Ok((project, attention))
        });
        let known = with_attention.collect::<Result<Vec<_>, DomainError>>()?;
        Ok((known, rollbacks::unacknowledged(op)?))
    });
    let (viewer, (known, notices)) = loading.await?;
    let in_words = |(project, attention)| card(project, attention, viewer.now);
    let page = OverviewPage {
        layout: Layout::new(&viewer, Section::Overview, None, "Overview"),
        summary: summary(&viewer.projects),
        notices: notices
            .into_iter()
            .map(|notice| NoticeView::new(notice, viewer.now))
            .collect(),
        projects: known.into_iter().map(in_words).collect(),
        may_create: viewer.actor.may(Action::ManageProjects, None),
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
