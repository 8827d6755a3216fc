//! `/projects/{p}/archival`: end a project and all its keys.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::counting::or_more;
use crate::domain::{DomainError, FieldError, Op, projects};
use crate::records::Project;
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::grouped;
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/archival.html")]
struct ArchivalPage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    /// "12 keys stop on their next request.", unless none works.
    stops: Option<String>,
    fields: ArchivalFields,
    errors: Errors,
}

/// What the form is about.
struct Subject {
    project: Project,
    /// How many keys stop working.
    count: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ArchivalFields {
    name: String,
}

/// Shows the project and what stops with it, and asks for its name.
pub async fn show(visitor: Visitor, slug: web::Path<String>) -> Result<HttpResponse, WebError> {
    let (viewer, subject) = visitor.view(move |op| load(op, &slug)).await?;
    let (status, fields) = (StatusCode::OK, ArchivalFields::default());
    Ok(form(&viewer, status, subject, fields, vec![]))
}

pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<ArchivalFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let (of, name) = (slug.clone(), fields.name.clone());
    let archiving = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        projects::archive(op, &project, &name)
    });
    match archiving.await {
        Ok(project) => {
            let path = format!("/projects/{}/settings?done=archived", project.slug);
            Ok(page::see_other(&path))
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
    let count = projects::count_working_keys(op, &project)?;
    Ok(Subject { project, count })
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: Subject,
    fields: ArchivalFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let Subject { project, count } = subject;
    let title = format!("Archive {}", project.name);
    let page = ArchivalPage {
        layout: Layout::new(viewer, Section::Settings, Some(&project), title),
        archived: ArchivedView::of(&project, viewer.now),
        stops: stops(count),
        project,
        fields,
        errors: Errors(errors),
    };
    page::full(status, &page)
}

/// What stops with the project, as a sentence; `None` if no key works.
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
