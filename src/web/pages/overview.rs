//! `/`: the projects one knows of, and what needs attention in each.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::domain::list_keys::{needing_attention, or_more};
use crate::web::page::{self, Layout, Section};
use crate::web::times::{grouped, plural};
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
    /// "2 projects".
    summary: String,
    projects: Vec<ProjectCard>,
}

struct ProjectCard {
    slug: String,
    name: String,
    keys: String,
    /// How many, where there are any.
    expiring: Option<String>,
    dormant: Option<String>,
}

/// The overview.
pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let known = visitor.projects.clone();
    let summary = plural(i64::try_from(known.len()).unwrap_or(i64::MAX), "project");
    let projects = visitor
        .act(move |conn, _, now| {
            known
                .into_iter()
                .map(|project| {
                    let attention = needing_attention(conn, &project, now)?;
                    let some = |count| {
                        (count > 0).then(|| format!("{}{}", grouped(count), or_more(count)))
                    };
                    Ok(ProjectCard {
                        keys: plural(project.key_count, "key"),
                        expiring: some(attention.expiring),
                        dormant: some(attention.dormant),
                        slug: project.slug,
                        name: project.name,
                    })
                })
                .collect()
        })
        .await?;
    let layout = Layout::new(&visitor, Section::Overview, None, "Overview");
    Ok(page::full(
        StatusCode::OK,
        &OverviewPage {
            layout,
            summary,
            projects,
        },
    ))
}
