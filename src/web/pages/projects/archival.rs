//! `/projects/{p}/archival`: end a project and every key of it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::ArchivedView;
use crate::db::projects::Project;
use crate::domain::archive_project::{archive_project, keys_to_stop};
use crate::domain::list_keys::or_more;
use crate::domain::list_projects::find_project;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::Errors;
use crate::web::times::grouped;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/archival.html")]
struct ArchivalPage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    /// "12 keys stop on their next request.", if any works.
    stops: Option<String>,
    fields: ArchivalFields,
    errors: Errors,
}

/// The fields of the form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ArchivalFields {
    name: String,
}

/// Names the project, what stops with it, and asks for its name.
pub async fn show(visitor: Visitor, slug: web::Path<String>) -> Result<HttpResponse, WebError> {
    let (project, count) = load(&visitor, slug.into_inner()).await?;
    let fields = ArchivalFields::default();
    let status = StatusCode::OK;
    Ok(form(&visitor, status, project, count, fields, vec![]))
}

/// Archives the project.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<ArchivalFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let (of, name) = (slug.clone(), fields.name.clone());
    let archiving = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &of)?;
        archive_project(conn, actor, &project, &name, now)
    });
    match archiving.await {
        Ok(project) => {
            let path = format!("/projects/{}/settings?done=archived", project.slug);
            Ok(page::see_other(&path))
        }
        Err(DomainError::Invalid(errors)) => {
            let (project, count) = load(&visitor, slug).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&visitor, status, project, count, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

async fn load(visitor: &Visitor, slug: String) -> Result<(Project, i64), DomainError> {
    visitor
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            let count = keys_to_stop(conn, actor, &project, now)?;
            Ok((project, count))
        })
        .await
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    project: Project,
    count: i64,
    fields: ArchivalFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let title = format!("Archive {}", project.name);
    let page = ArchivalPage {
        layout: Layout::new(visitor, Section::Settings, Some(&project), title),
        archived: ArchivedView::of(&project, visitor.now),
        stops: stops(count),
        project,
        fields,
        errors: Errors(errors),
    };
    page::full(status, &page)
}

/// What stops with the project, as a sentence; nothing where no key works.
fn stops(count: i64) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 key stops on its next request.".into()),
        _ => {
            let keys = format!("{}{} keys", grouped(count), or_more(count));
            Some(format!("{keys} stop on their next request."))
        }
    }
}
