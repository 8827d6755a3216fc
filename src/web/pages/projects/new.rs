//! `/projects/new`: create a project.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::fields::{FieldsView, ProjectFields};
use crate::domain::{DomainError, FieldError, projects};
use crate::web::shared::form::Form;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/new.html")]
struct NewPage {
    layout: Layout,
    form: FieldsView,
}

pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let (viewer, ()) = visitor.view(projects::create_form).await?;
    let (status, fields) = (StatusCode::OK, ProjectFields::fresh());
    Ok(form(&viewer, status, fields, vec![]))
}

/// Creates the project and redirects to its keys.
pub async fn submit(
    visitor: Visitor,
    Form(fields): Form<ProjectFields>,
) -> Result<HttpResponse, WebError> {
    let mut draft = fields.draft(None);
    let catalogue = fields.catalogue().unwrap_or_else(|error| {
        draft.unreadable.push(error);
        None
    });
    let slug = fields.slug.clone();
    let creating = visitor.act(move |op| projects::create(op, &slug, &draft, catalogue));
    match creating.await {
        Ok(project) => Ok(page::see_other(&format!("/projects/{}/keys", project.slug))),
        Err(DomainError::Invalid(errors)) => {
            let (viewer, ()) = visitor.view(projects::create_form).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    fields: ProjectFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let page = NewPage {
        layout: Layout::new(viewer, Section::Overview, None, "Create project"),
        form: FieldsView::new(fields, None, errors),
    };
    page::full(status, &page)
}
