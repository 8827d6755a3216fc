//! `/reviews/{id}`: how far a review is, and the keys that it is about.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::list::about;
use crate::domain::reviews::{self, Item, Progress};
use crate::records::review::Review;
use crate::web::pages::keys;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::exact;
use crate::web::shared::{Visitor, WebError};

const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "reviews/one.html")]
struct OnePage {
    layout: Layout,
    path: String,
    review: Review,
    about: String,
    due: String,
    closed: Option<String>,
    progress: Option<Progress>,
    rows: Vec<ItemRow>,
    may_close: bool,
    next: Option<String>,
    flash: Option<&'static str>,
}

/// A key that the review is about.
struct ItemRow {
    /// Where one answers, or reads the answer.
    path: String,
    key_path: String,
    label: String,
    prefix: String,
    project: String,
    owner: Option<String>,
    /// "Keep", with who and why.
    answer: Option<(&'static str, String, Option<String>)>,
    may_answer: bool,
    is_over: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OneQuery {
    after: i64,
    done: String,
}

pub async fn show(
    visitor: Visitor,
    id: web::Path<i64>,
    query: web::Query<OneQuery>,
) -> Result<HttpResponse, WebError> {
    let (id, after) = (id.into_inner(), query.after);
    let (viewer, shown) = visitor
        .view(move |op| reviews::show(op, id, after, PAGE))
        .await?;
    let review = shown.review;
    let path = super::path(id);
    let now = viewer.now;
    let row = |item: Item| ItemRow {
        path: format!("{path}/keys/{}", item.key.id),
        key_path: keys::path(&item.project.slug, item.key.id),
        is_over: item.item.answer.is_none() && !item.key.is_active(now),
        label: item.key.label,
        prefix: item.key.prefix,
        project: item.project.name,
        owner: item.key.owner,
        answer: item
            .item
            .answer
            .map(|answer| (answer.verdict.title(), answer.by, answer.word)),
        may_answer: item.may_answer,
    };
    let page = OnePage {
        about: about(&review, &viewer.projects),
        layout: Layout::new(&viewer, Section::Reviews, None, review.title.clone()),
        due: exact(review.due_at),
        closed: review.closed_at.map(exact),
        progress: shown.progress,
        rows: shown.items.into_iter().map(row).collect(),
        may_close: shown.may_close,
        next: shown.next.map(|after| format!("{path}?after={after}")),
        flash: match query.done.as_str() {
            "answered" => Some("Answer saved."),
            "revoked" => Some("Key revoked. The next request with it fails."),
            "closed" => Some("Review closed."),
            _ => None,
        },
        review,
        path,
    };
    Ok(page::full(StatusCode::OK, &page))
}
