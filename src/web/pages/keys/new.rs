//! `/projects/{p}/keys/new`: create a key.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use keyward_key::Environment;

use super::fields::{FieldsView, KeyFields};
use crate::domain::keys::{self, MintForm};
use crate::domain::reveal::Minted;
use crate::domain::{DomainError, FieldError, projects};
use crate::records::Project;
use crate::web::shared::form::Form;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError, reveal};

#[derive(Template)]
#[template(path = "keys/new.html")]
struct NewPage {
    layout: Layout,
    project: Project,
    form: FieldsView,
}

pub async fn show(visitor: Visitor, slug: web::Path<String>) -> Result<HttpResponse, WebError> {
    let loading = visitor.view(move |op| keys::mint_form(op, &slug));
    let (viewer, subject) = loading.await?;
    let fields = KeyFields::fresh(&subject.project, viewer.actor.name(), viewer.now);
    Ok(form(&viewer, StatusCode::OK, subject, fields, vec![]))
}

/// Creates the key and leads to its reveal.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<KeyFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let mut draft = fields.draft(None, visitor.now);
    let environment = fields.environment().unwrap_or_else(|error| {
        draft.unreadable.push(error);
        Environment::Live
    });
    let (of, session) = (slug.clone(), visitor.session.id.clone());
    let minting = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        keys::mint(op, &project, environment, &draft, &session)
    });
    match minting.await {
        Ok(minted) => Ok(to_reveal(&visitor, &slug, &minted)),
        Err(DomainError::Invalid(errors)) => {
            let loading = visitor.view(move |op| keys::mint_form(op, &slug));
            let (viewer, subject) = loading.await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

/// Leads to the reveal of a new key, with the cookie that opens it.
pub(super) fn to_reveal(visitor: &Visitor, project: &str, minted: &Minted) -> HttpResponse {
    reveal::lead_to(visitor, &super::path(project, minted.id), minted)
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: MintForm,
    fields: KeyFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let MintForm {
        project,
        catalogue,
        answerable,
    } = subject;
    let offered = (catalogue, answerable);
    let page = NewPage {
        layout: Layout::new(viewer, Section::Keys, Some(&project), "Create key"),
        form: FieldsView::new(fields, &project, offered, None, errors, viewer.now),
        project,
    };
    page::full(status, &page)
}
