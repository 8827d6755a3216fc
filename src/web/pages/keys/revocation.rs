//! `/projects/{p}/keys/{id}/revocation`: end a key, as a page or in a dialog of the list.

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::view::KeyView;
use crate::db::projects::Project;
use crate::domain::DomainError;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::read_key::{passed_last_day, read_key};
use crate::domain::revoke_key::{RevokeRequest, revoke_key};
use crate::key::{Key, RevokeReason};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::Errors;
use crate::web::times::plural;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/revocation.html", blocks = ["dialog"])]
struct RevocationPage {
    layout: Layout,
    key: KeyView,
    /// "12 requests".
    last_day: String,
    in_use: bool,
    reasons: [RevokeReason; 4],
    fields: RevocationFields,
    errors: Errors,
}

/// The row that takes the place of the one in the list.
#[derive(Template)]
#[template(path = "keys/changed_row.html")]
struct ChangedRow {
    key: KeyView,
}

/// The fields of the form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RevocationFields {
    reason: String,
    note: String,
}

/// Names the key, what depends on it, and asks for a reason.
pub async fn show(
    visitor: Visitor,
    htmx: Htmx,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, WebError> {
    let (project, key, last_day) = load(&visitor, path.into_inner()).await?;
    let page = view(
        &visitor,
        &project,
        key,
        last_day,
        RevocationFields::default(),
        vec![],
    );
    Ok(page::respond(
        &htmx,
        StatusCode::OK,
        &page,
        &page.as_dialog(),
    ))
}

/// Revokes the key.
pub async fn submit(
    visitor: Visitor,
    htmx: Htmx,
    path: web::Path<(String, i64)>,
    Form(fields): Form<RevocationFields>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let (of, request) = (
        slug.clone(),
        RevokeRequest {
            reason: fields.reason.clone(),
            note: fields.note.clone(),
        },
    );
    let revoking = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &of)?;
        revoke_key(conn, actor, &project, id, &request, now)
    });
    match revoking.await {
        Ok(key) => {
            let to = format!("{}?done=revoked", super::path(&slug, id));
            let key = KeyView::new(key, &slug, &visitor.actor, visitor.now);
            Ok(page::done(&htmx, &to, "dialog-done", &ChangedRow { key }))
        }
        Err(DomainError::Invalid(errors)) => {
            let (project, key, last_day) = load(&visitor, (slug, id)).await?;
            let page = view(&visitor, &project, key, last_day, fields, errors);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let mut response = page::respond(&htmx, status, &page, &page.as_dialog());
            page::into_dialog(&mut response);
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

async fn load(
    visitor: &Visitor,
    (slug, id): (String, i64),
) -> Result<(Project, Key, i64), DomainError> {
    visitor
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            policy::require(actor, Action::RevokeKeys, Some(project.id))?;
            let key = read_key(conn, actor, &project, id)?;
            if let Some(earlier) = &key.revocation {
                let told = format!("This key was revoked already, by {}.", earlier.by);
                return Err(DomainError::Conflict(told));
            }
            let last_day = passed_last_day(conn, actor, &key, now)?;
            Ok((project, key, last_day))
        })
        .await
}

fn view(
    visitor: &Visitor,
    project: &Project,
    key: Key,
    last_day: i64,
    fields: RevocationFields,
    errors: Vec<crate::domain::FieldError>,
) -> RevocationPage {
    let title = format!("Revoke {}", key.label);
    RevocationPage {
        layout: Layout::new(visitor, Section::Keys, Some(project), title),
        key: KeyView::new(key, &project.slug, &visitor.actor, visitor.now),
        last_day: plural(last_day, "request"),
        in_use: last_day > 0,
        reasons: RevokeReason::ALL,
        fields,
        errors: Errors(errors),
    }
}
