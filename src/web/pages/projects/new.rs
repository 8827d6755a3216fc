//! `/projects/new`: create a project.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::fields::{FieldsView, ProjectFields};
use crate::domain::create_project::create_project;
use crate::domain::policy::{self, Action};
use crate::domain::project_draft::check_slug;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/new.html")]
struct NewPage {
    layout: Layout,
    form: FieldsView,
}

/// The form.
pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    require(&visitor).await?;
    let fields = ProjectFields::fresh();
    Ok(form(&visitor, StatusCode::OK, fields, vec![]))
}

/// Creates the project and leads to its keys.
pub async fn submit(
    visitor: Visitor,
    Form(fields): Form<ProjectFields>,
) -> Result<HttpResponse, WebError> {
    require(&visitor).await?;
    let (draft, mut errors) = fields.draft(None);
    let catalogue = fields.catalogue().unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    if !errors.is_empty() {
        errors.extend(check_slug(fields.slug.trim()).err());
        errors.extend(draft.check().err().unwrap_or_default());
        return Ok(refused(&visitor, fields, errors));
    }
    let slug = fields.slug.clone();
    let created = visitor
        .act(move |conn, actor, now| create_project(conn, actor, &slug, &draft, catalogue, now))
        .await;
    match created {
        Ok(project) => Ok(page::see_other(&format!("/projects/{}/keys", project.slug))),
        Err(DomainError::Invalid(errors)) => Ok(refused(&visitor, fields, errors)),
        Err(error) => Err(error.into()),
    }
}

async fn require(visitor: &Visitor) -> Result<(), DomainError> {
    visitor
        .act(|_, actor, _| {
            policy::require(actor, Action::ManageProjects, None)?;
            Ok(())
        })
        .await
}

fn refused(visitor: &Visitor, fields: ProjectFields, errors: Vec<FieldError>) -> HttpResponse {
    form(visitor, StatusCode::UNPROCESSABLE_ENTITY, fields, errors)
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    fields: ProjectFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let page = NewPage {
        layout: Layout::new(visitor, Section::Overview, None, "Create project"),
        form: FieldsView::new(fields, None, errors),
    };
    page::full(status, &page)
}
