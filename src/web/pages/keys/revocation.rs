//! `/projects/{p}/keys/{id}/revocation`: end a key, as a page or in a dialog of the list.

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::view::KeyView;
use crate::db::projects::Project;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::read_key::read_key;
use crate::domain::read_usage::passed_last_day;
use crate::domain::revoke_key::{RevokeRequest, revoke_key};
use crate::domain::{DomainError, FieldError};
use crate::key::{Key, RevokeReason};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::Errors;
use crate::web::times::plural;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/revocation.html")]
struct RevocationPage {
    layout: Layout,
    view: RevocationView,
}

/// The same in a dialog of the list, whose row the answer takes the place of.
#[derive(Template)]
#[template(path = "keys/revocation_dialog.html")]
struct RevocationDialog<'a> {
    csrf: &'a str,
    view: &'a RevocationView,
}

/// What both show.
struct RevocationView {
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
    let fields = RevocationFields::default();
    Ok(form(
        &visitor,
        &htmx,
        StatusCode::OK,
        &project,
        key,
        last_day,
        fields,
        vec![],
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
        let key = revoke_key(conn, actor, &project, id, &request, now)?;
        Ok((project, key))
    });
    match revoking.await {
        Ok((project, key)) => {
            let to = super::path(&slug, id);
            let key = KeyView::new(key, &project, &visitor.actor, visitor.now);
            Ok(page::done(&htmx, &to, "dialog-done", &ChangedRow { key }))
        }
        Err(DomainError::Invalid(errors)) => {
            let (project, key, last_day) = load(&visitor, (slug, id)).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let mut response = form(
                &visitor, &htmx, status, &project, key, last_day, fields, errors,
            );
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

#[allow(clippy::too_many_arguments)]
fn form(
    visitor: &Visitor,
    htmx: &Htmx,
    status: StatusCode,
    project: &Project,
    key: Key,
    last_day: i64,
    fields: RevocationFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let title = format!("Revoke {}", key.label);
    let page = RevocationPage {
        layout: Layout::new(visitor, Section::Keys, Some(project), title),
        view: RevocationView {
            key: KeyView::new(key, project, &visitor.actor, visitor.now),
            last_day: plural(last_day, "request"),
            in_use: last_day > 0,
            reasons: RevokeReason::ALL,
            fields,
            errors: Errors(errors),
        },
    };
    let dialog = RevocationDialog {
        csrf: &page.layout.csrf,
        view: &page.view,
    };
    page::respond(htmx, status, &page, &dialog)
}
