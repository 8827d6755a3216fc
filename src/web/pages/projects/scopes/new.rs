//! `/projects/{p}/scopes/new`: add a scope.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{FieldsView, ScopeFields};
use crate::domain::{DomainError, FieldError, Op, Precondition, projects, scopes};
use crate::records::{Project, Scope};
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::form::Form;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/scopes/new.html")]
struct NewPage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    form: FieldsView,
}

/// What the form is about.
struct Subject {
    project: Project,
    catalogue: Vec<Scope>,
}

pub async fn show(visitor: Visitor, slug: web::Path<String>) -> Result<HttpResponse, WebError> {
    let (viewer, subject) = visitor.view(move |op| load(op, &slug)).await?;
    let (status, fields) = (StatusCode::OK, ScopeFields::default());
    Ok(form(&viewer, status, subject, fields, vec![]))
}

pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<ScopeFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let (of, scope) = (slug.clone(), fields.scope(&fields.name));
    let adding = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        match scopes::put(op, &project, &scope, &Precondition::absent()) {
            Err(DomainError::Stale) => {
                let detail = "This project has this scope already.";
                Err(DomainError::field("name", detail))
            }
            other => other,
        }
    });
    match adding.await {
        Ok(_) => {
            let done = format!("{}?done=added", super::list_path(&slug));
            Ok(page::see_other(&done))
        }
        Err(DomainError::Invalid(errors)) => {
            let (viewer, subject) = visitor.view(move |op| load(op, &slug)).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn load(op: &mut Op, slug: &str) -> Result<Subject, DomainError> {
    let project = projects::find(op, slug)?;
    let catalogue = scopes::put_form(op, &project)?;
    Ok(Subject { project, catalogue })
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: Subject,
    fields: ScopeFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let Subject { project, catalogue } = subject;
    let page = NewPage {
        layout: Layout::new(viewer, Section::Scopes, Some(&project), "Add scope"),
        archived: ArchivedView::of(&project, viewer.now),
        form: FieldsView::new(fields, catalogue, None, errors),
        project,
    };
    page::full(status, &page)
}
