//! `/projects/{p}/keys/{id}/rotation`: a successor for a key that keeps working for a while.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use time::Duration;

use super::view::KeyView;
use crate::domain::keys::{self, RotationForm};
use crate::domain::{DomainError, FieldError, projects};
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::plural;
use crate::web::shared::{Viewer, Visitor, WebError};

/// How long the old key may keep working, as the form offers it.
const OVERLAPS: [(&str, &str, Duration); 5] = [
    ("0", "Immediately: the old key ends now", Duration::ZERO),
    ("1h", "1 hour", Duration::HOUR),
    ("24h", "24 hours", Duration::DAY),
    ("7d", "7 days", Duration::WEEK),
    ("30d", "30 days", Duration::days(30)),
];
const DEFAULT_OVERLAP: &str = "24h";

#[derive(Template)]
#[template(path = "keys/rotation.html")]
struct RotationPage {
    layout: Layout,
    key: KeyView,
    /// "12 requests".
    last_day: String,
    in_use: bool,
    overlaps: Vec<Overlap>,
    errors: Errors,
}

struct Overlap {
    value: &'static str,
    title: &'static str,
    selected: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RotationFields {
    overlap: String,
}

impl RotationFields {
    fn overlap(&self) -> Result<Duration, DomainError> {
        let chosen = OVERLAPS.iter().find(|(value, ..)| *value == self.overlap);
        chosen
            .map(|(.., duration)| *duration)
            .ok_or_else(|| DomainError::field("overlap", "Choose one of these."))
    }
}

/// Shows the key and what depends on it, and asks for the overlap.
pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let loading = visitor.view(move |op| keys::rotation_form(op, &slug, id));
    let (viewer, subject) = loading.await?;
    Ok(form(&viewer, StatusCode::OK, subject, vec![]))
}

/// Creates the successor and redirects to its reveal.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    Form(fields): Form<RotationFields>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let (of, session) = (slug.clone(), visitor.session.id.clone());
    let rotating = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        keys::rotate(op, &project, id, fields.overlap()?, &session)
    });
    match rotating.await {
        Ok(minted) => Ok(super::new::to_reveal(&visitor, &slug, &minted)),
        Err(DomainError::Invalid(errors)) => {
            let loading = visitor.view(move |op| keys::rotation_form(op, &slug, id));
            let (viewer, subject) = loading.await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: RotationForm,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let RotationForm {
        project,
        key,
        last_day,
    } = subject;
    let title = format!("Rotate {}", key.label);
    let overlaps = OVERLAPS.iter().map(|&(value, title, _)| Overlap {
        value,
        title,
        selected: value == DEFAULT_OVERLAP,
    });
    let page = RotationPage {
        layout: Layout::new(viewer, Section::Keys, Some(&project), title),
        key: KeyView::new(key, &project, &viewer.actor, viewer.now),
        last_day: plural(last_day, "request"),
        in_use: last_day > 0,
        overlaps: overlaps.collect(),
        errors: Errors(errors),
    };
    page::full(status, &page)
}
