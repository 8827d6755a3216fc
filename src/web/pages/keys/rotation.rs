//! `/projects/{p}/keys/{id}/rotation`: a successor for a key, which works on for a while.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use time::Duration;

use super::view::KeyView;
use crate::db::projects::Project;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::read_key::read_key;
use crate::domain::read_usage::passed_last_day;
use crate::domain::rotate_key::rotate_key;
use crate::domain::{DomainError, FieldError};
use crate::key::Key;
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::Errors;
use crate::web::times::plural;
use crate::web::{Visitor, WebError};

/// How long the old key may work on, as on the form.
const OVERLAPS: [(&str, &str, Duration); 5] = [
    ("0", "None: the old key ends at once", Duration::ZERO),
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

/// An option of the select.
struct Overlap {
    value: &'static str,
    title: &'static str,
    selected: bool,
}

/// What the form is about.
struct Subject {
    project: Project,
    key: Key,
    last_day: i64,
}

/// The fields of the form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RotationFields {
    overlap: String,
}

impl RotationFields {
    fn overlap(&self) -> Option<Duration> {
        let chosen = OVERLAPS.iter().find(|(value, ..)| *value == self.overlap);
        chosen.map(|(.., duration)| *duration)
    }
}

/// Names the key, what depends on it, and asks for the overlap.
pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, WebError> {
    let subject = load(&visitor, path.into_inner()).await?;
    Ok(form(
        &visitor,
        StatusCode::OK,
        subject,
        DEFAULT_OVERLAP,
        vec![],
    ))
}

/// Creates the successor and leads to its reveal.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    Form(fields): Form<RotationFields>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let Some(overlap) = fields.overlap() else {
        let subject = load(&visitor, (slug, id)).await?;
        let errors = vec![FieldError::new("overlap", "Choose one of these.")];
        return Ok(form(
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            subject,
            DEFAULT_OVERLAP,
            errors,
        ));
    };
    let session = visitor.session.id.clone();
    let rotating = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &slug)?;
        let minted = rotate_key(conn, actor, &project, id, overlap, &session, now)?;
        Ok((project, minted))
    });
    let (project, minted) = rotating.await?;
    Ok(super::new::to_reveal(&visitor, &project.slug, &minted))
}

async fn load(visitor: &Visitor, (slug, id): (String, i64)) -> Result<Subject, DomainError> {
    visitor
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            policy::require(actor, Action::MintKeys, Some(project.id))?;
            let key = read_key(conn, actor, &project, id)?;
            if let Some(told) = obstacle(&project, &key, key.is_active(now)) {
                return Err(DomainError::Conflict(told));
            }
            let last_day = passed_last_day(conn, actor, &key, now)?;
            Ok(Subject {
                project,
                key,
                last_day,
            })
        })
        .await
}

/// What stands in the way, said before anybody fills the form in.
fn obstacle(project: &Project, key: &Key, is_active: bool) -> Option<String> {
    if project.archived_at.is_some() {
        return Some("This project is archived, so none of its keys can be rotated.".into());
    }
    if !is_active {
        let told = "This key can no longer be used, so there is nothing to rotate.";
        return Some(told.into());
    }
    let successor = key.replaced_by?;
    Some(format!(
        "This key was rotated already: key {successor} is its successor."
    ))
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    subject: Subject,
    overlap: &str,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let Subject {
        project,
        key,
        last_day,
    } = subject;
    let title = format!("Rotate {}", key.label);
    let overlaps = OVERLAPS.iter().map(|&(value, title, _)| Overlap {
        value,
        title,
        selected: value == overlap,
    });
    let page = RotationPage {
        layout: Layout::new(visitor, Section::Keys, Some(&project), title),
        key: KeyView::new(key, &project, &visitor.actor, visitor.now),
        last_day: plural(last_day, "request"),
        in_use: last_day > 0,
        overlaps: overlaps.collect(),
        errors: Errors(errors),
    };
    page::full(status, &page)
}
