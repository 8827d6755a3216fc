//! `/reviews`: the access reviews that the visitor opens, or answers in.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::access::Action;
use crate::domain::reviews::{self, Progress};
use crate::records::Project;
use crate::records::review::Review;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{exact, plural};
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "reviews/list.html")]
struct ListPage {
    layout: Layout,
    rows: Vec<ReviewRow>,
    may_open: bool,
}

/// A review, in short.
struct ReviewRow {
    path: String,
    title: String,
    about: String,
    progress: String,
    due: String,
    is_open: bool,
    /// How many of the visitor's own keys wait for their answer.
    own: Option<String>,
}

pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let loading = visitor.view(|op| Ok((reviews::list(op)?, reviews::waiting(op)?)));
    let (viewer, (found, waiting)) = loading.await?;
    let rows = found.into_iter().map(|(review, progress)| {
        let own = waiting.iter().find(|(id, _)| *id == review.id);
        row(
            &review,
            progress,
            own.map(|(_, keys)| *keys),
            &viewer.projects,
        )
    });
    let page = ListPage {
        layout: Layout::new(&viewer, Section::Reviews, None, "Access reviews"),
        rows: rows.collect(),
        may_open: viewer.actor.may_anywhere(Action::OpenReviews),
    };
    Ok(page::full(StatusCode::OK, &page))
}

fn row(review: &Review, progress: Progress, own: Option<i64>, projects: &[Project]) -> ReviewRow {
    ReviewRow {
        path: super::path(review.id),
        about: about(review, projects),
        progress: format!("{} of {} answered", progress.answered, progress.all),
        due: exact(review.closed_at.unwrap_or(review.due_at)),
        is_open: review.closed_at.is_none(),
        own: own.map(|keys| format!("{} to answer for", plural(keys, "key of yours"))),
        title: review.title.clone(),
    }
}

/// "Keys that can write of Default".
pub(super) fn about(review: &Review, projects: &[Project]) -> String {
    let project = review.project_id.map(|id| {
        let found = projects.iter().find(|project| project.id == id);
        found.map_or("a project", |project| &project.name)
    });
    let subject = review.subject.title();
    format!("{subject} of {}", project.unwrap_or("all projects"))
}
