//! `/projects/{p}/keys/{id}/revocation`: end a key, as a page or in a dialog of the list.

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::row::RowView;
use super::view::KeyView;
use crate::domain::keys::{self, RevocationForm, RevokeRequest};
use crate::domain::{DomainError, FieldError, projects};
use crate::records::RevokeReason;
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::plural;
use crate::web::shared::{Viewer, Visitor, WebError};

/// What a screen reader says after the dialog has closed.
const REVOKED: &str = "Revoked. The next request with this key fails.";

#[derive(Template)]
#[template(path = "keys/revocation.html")]
struct RevocationPage {
    layout: Layout,
    view: RevocationView,
}

/// The same in a dialog of the list, where the answer replaces the key's row.
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
    reasons: &'static [RevokeReason],
    fields: RevocationFields,
    errors: Errors,
}

/// The row that replaces the one in the list.
#[derive(Template)]
#[template(path = "keys/changed_row.html")]
struct ChangedRow {
    row: RowView,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RevocationFields {
    reason: String,
    note: String,
}

/// Shows the key and what depends on it, and asks for a reason.
pub async fn show(
    visitor: Visitor,
    htmx: Htmx,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let loading = visitor.view(move |op| keys::revocation_form(op, &slug, id));
    let (viewer, subject) = loading.await?;
    let (status, fields) = (StatusCode::OK, RevocationFields::default());
    Ok(form(&viewer, &htmx, status, subject, fields, vec![]))
}

pub async fn submit(
    visitor: Visitor,
    htmx: Htmx,
    path: web::Path<(String, i64)>,
    Form(fields): Form<RevocationFields>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let of = slug.clone();
    let request = RevokeRequest {
        reason: fields.reason.clone(),
        note: fields.note.clone(),
    };
    let revoking = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        let key = keys::revoke(op, &project, id, &request)?;
        RowView::load(op, &project, key)
    });
    match revoking.await {
        Ok(row) => {
            let to = format!("{}?done=revoked", super::path(&slug, id));
            Ok(page::done(&htmx, &to, REVOKED, &ChangedRow { row }))
        }
        Err(DomainError::Invalid(errors)) => {
            let loading = visitor.view(move |op| keys::revocation_form(op, &slug, id));
            let (viewer, subject) = loading.await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let mut response = form(&viewer, &htmx, status, subject, fields, errors);
            page::into_dialog(&mut response);
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    viewer: &Viewer,
    htmx: &Htmx,
    status: StatusCode,
    subject: RevocationForm,
    fields: RevocationFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let RevocationForm {
        project,
        key,
        last_day,
    } = subject;
    let title = format!("Revoke {}", key.label);
    let page = RevocationPage {
        layout: Layout::new(viewer, Section::Keys, Some(&project), title),
        view: RevocationView {
            key: KeyView::new(key, &project, &viewer.actor, viewer.now),
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
