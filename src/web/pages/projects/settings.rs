//! `/projects/{p}/settings`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::db::projects::Project;
use crate::domain::edit_project::edit_project;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::precondition::Precondition;
use crate::domain::project_draft::ProjectDraft;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::{Errors, limits};
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/settings.html")]
struct SettingsPage {
    layout: Layout,
    project: Project,
    fields: SettingsFields,
    errors: Errors,
    is_saved: bool,
}

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SettingsFields {
    rate_limit_requests: String,
    rate_limit_seconds: String,
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
    let (rate_limit_requests, rate_limit_seconds) = limits::written(project.rate_limit());
    let fields = SettingsFields {
        rate_limit_requests,
        rate_limit_seconds,
    };
    let is_saved = query.done.is_some();
    Ok(form(
        &visitor,
        StatusCode::OK,
        project,
        fields,
        vec![],
        is_saved,
    ))
}

/// Saves the changes.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<SettingsFields>,
) -> Result<HttpResponse, WebError> {
    let project = load(&visitor, slug.into_inner()).await?;
    let mut errors = Vec::new();
    let (requests, seconds) = (&fields.rate_limit_requests, &fields.rate_limit_seconds);
    let limit = limits::read(requests, seconds, &mut errors);
    let of = project.clone();
    let saved = match errors.is_empty() {
        true => {
            visitor
                .act(move |conn, actor, now| {
                    let draft = ProjectDraft {
                        rate_limit: limit,
                        ..of.terms().into()
                    };
                    edit_project(conn, actor, &of, &Precondition::none(), &draft, now)
                })
                .await
        }
        false => Err(DomainError::Invalid(errors)),
    };
    match saved {
        Ok(_) => {
            let path = format!("/projects/{}/settings?done=saved", project.slug);
            Ok(page::see_other(&path))
        }
        Err(DomainError::Invalid(errors)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&visitor, status, project, fields, errors, false))
        }
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

fn form(
    visitor: &Visitor,
    status: StatusCode,
    project: Project,
    fields: SettingsFields,
    errors: Vec<FieldError>,
    is_saved: bool,
) -> HttpResponse {
    let layout = Layout::new(visitor, Section::Settings, Some(&project), "Settings");
    let page = SettingsPage {
        layout,
        project,
        fields,
        errors: Errors(errors),
        is_saved,
    };
    page::full(status, &page)
}
