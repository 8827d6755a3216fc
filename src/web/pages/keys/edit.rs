//! `/projects/{p}/keys/{id}/edit`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{FieldsView, KeyFields};
use super::view::KeyView;
use crate::domain::keys::{self, EditForm};
use crate::domain::{DomainError, FieldError, Precondition, projects};
use crate::records::Key;
use crate::web::shared::form::Form;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/edit.html")]
struct EditPage {
    layout: Layout,
    key: KeyView,
    form: FieldsView,
}

pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let loading = visitor.view(move |op| keys::edit_form(op, &slug, id));
    let (viewer, subject) = loading.await?;
    let fields = KeyFields::of(&subject.key);
    Ok(form(&viewer, StatusCode::OK, subject, fields, vec![]))
}

/// Saves the changes.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    Form(fields): Form<KeyFields>,
) -> Result<HttpResponse, WebError> {
    let version: i64 = fields.version.parse().map_err(|_| WebError::BadForm)?;
    let (slug, id) = path.into_inner();
    let (of, typed) = (slug.clone(), fields.clone());
    let editing = visitor.act(move |op| {
        let now = op.now();
        let project = projects::find(op, &of)?;
        let still = Precondition::that(move |key: &Key| key.version == version);
        let draft = |key: &Key| typed.draft(key.expires_at, now);
        keys::edit(op, &project, id, &still, draft)
    });
    match editing.await {
        Ok(changed) => {
            let path = super::path(&slug, id);
            let done = if changed { "?done=edited" } else { "" };
            Ok(page::see_other(&format!("{path}{done}")))
        }
        Err(DomainError::Invalid(errors)) => {
            let loading = visitor.view(move |op| keys::edit_form(op, &slug, id));
            let (viewer, subject) = loading.await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: EditForm,
    fields: KeyFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let EditForm {
        project,
        key,
        catalogue,
    } = subject;
    let title = format!("Edit {}", key.label);
    let page = EditPage {
        layout: Layout::new(viewer, Section::Keys, Some(&project), title),
        form: FieldsView::new(fields, &project, catalogue, Some(&key), errors, viewer.now),
        key: KeyView::new(key, &project, &viewer.actor, viewer.now),
    };
    page::full(status, &page)
}
