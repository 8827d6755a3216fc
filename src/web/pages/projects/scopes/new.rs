//! `/projects/{p}/scopes/new`: add a scope.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{FieldsView, ScopeFields};
use crate::db::projects::Project;
use crate::db::scopes::{self, Scope};
use crate::domain::edit_scopes::put_scope;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::precondition::Precondition;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::projects::ArchivedView;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/scopes/new.html")]
struct NewPage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    form: FieldsView,
}

/// The form.
pub async fn show(visitor: Visitor, slug: web::Path<String>) -> Result<HttpResponse, WebError> {
    let (project, catalogue) = load(&visitor, slug.into_inner()).await?;
    let (status, fields) = (StatusCode::OK, ScopeFields::default());
    Ok(form(&visitor, status, project, catalogue, fields, vec![]))
}

/// Adds the scope.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<ScopeFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let (of, scope) = (slug.clone(), fields.scope(&fields.name));
    let adding = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &of)?;
        match put_scope(conn, actor, &project, &scope, &Precondition::absent(), now) {
            Err(DomainError::Stale) => {
                let told = "This project has this scope already.";
                Err(DomainError::field("name", told))
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
            let (project, catalogue) = load(&visitor, slug).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&visitor, status, project, catalogue, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

async fn load(visitor: &Visitor, slug: String) -> Result<(Project, Vec<Scope>), DomainError> {
    visitor
        .act(move |conn, actor, _| {
            let project = find_project(conn, actor, &slug)?;
            policy::require(actor, Action::ManageProject, Some(project.id))?;
            let catalogue = scopes::of_project(conn, project.id)?;
            Ok((project, catalogue))
        })
        .await
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    project: Project,
    catalogue: Vec<Scope>,
    fields: ScopeFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let page = NewPage {
        layout: Layout::new(visitor, Section::Scopes, Some(&project), "Add scope"),
        archived: ArchivedView::of(&project, visitor.now),
        form: FieldsView::new(fields, catalogue, None, errors),
        project,
    };
    page::full(status, &page)
}
