//! `/projects/{p}/settings`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::ArchivedView;
use super::fields::{FieldsView, ProjectFields};
use crate::db::projects::Project;
use crate::domain::edit_project::edit_project;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::precondition::Precondition;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/settings.html")]
struct SettingsPage {
    layout: Layout,
    project: Project,
    form: FieldsView,
    archived: Option<ArchivedView>,
    may_archive: bool,
    is_saved: bool,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct SettingsQuery {
    done: Option<String>,
}

/// The form.
pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<SettingsQuery>,
) -> Result<HttpResponse, WebError> {
    let project = load(&visitor, slug.into_inner()).await?;
    let fields = ProjectFields::of(&project);
    let is_saved = query.done.is_some();
    let status = StatusCode::OK;
    Ok(form(&visitor, status, project, fields, vec![], is_saved))
}

/// Saves the changes.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<ProjectFields>,
) -> Result<HttpResponse, WebError> {
    let project = load(&visitor, slug.into_inner()).await?;
    let (draft, mut errors) = fields.draft(Some(&project));
    if !errors.is_empty() {
        errors.extend(draft.check().err().unwrap_or_default());
        return Ok(refused(&visitor, project, fields, errors));
    }
    let version: i64 = fields.version.parse().map_err(|_| WebError::BadForm)?;
    let own = project.clone();
    let saved = visitor
        .act(move |conn, actor, now| {
            let still = Precondition::that(move |project: &Project| project.version == version);
            edit_project(conn, actor, &own, &still, &draft, now)
        })
        .await;
    match saved {
        Ok(_) => {
            let path = format!("/projects/{}/settings?done=saved", project.slug);
            Ok(page::see_other(&path))
        }
        Err(DomainError::Invalid(errors)) => Ok(refused(&visitor, project, fields, errors)),
        Err(error) => Err(error.into()),
    }
}

async fn load(visitor: &Visitor, slug: String) -> Result<Project, DomainError> {
    visitor
        .act(move |conn, actor, _| {
            let project = find_project(conn, actor, &slug)?;
            policy::require(actor, Action::ManageProject, Some(project.id))?;
            Ok(project)
        })
        .await
}

fn refused(
    visitor: &Visitor,
    project: Project,
    fields: ProjectFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    form(visitor, status, project, fields, errors, false)
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    project: Project,
    fields: ProjectFields,
    errors: Vec<FieldError>,
    is_saved: bool,
) -> HttpResponse {
    let page = SettingsPage {
        layout: Layout::new(visitor, Section::Settings, Some(&project), "Settings"),
        form: FieldsView::new(fields, Some(&project), errors),
        archived: ArchivedView::of(&project, visitor.now),
        may_archive: visitor.actor.may(Action::ManageProjects, None),
        project,
        is_saved,
    };
    page::full(status, &page)
}
