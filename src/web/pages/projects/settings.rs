//! `/projects/{p}/settings`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::ArchivedView;
use super::fields::{FieldsView, ProjectFields};
use crate::db::projects::Project;
use crate::domain::archive_project::keys_to_stop;
use crate::domain::edit_project::edit_project;
use crate::domain::list_keys::or_more;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::precondition::Precondition;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::limits;
use crate::web::times::{grouped, plural};
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/settings.html")]
struct SettingsPage {
    layout: Layout,
    project: Project,
    form: FieldsView,
    archived: Option<ArchivedView>,
    facts: Facts,
    may_archive: bool,
    flash: Option<String>,
}

/// What a project was like that takes no changes any more, in words.
struct Facts {
    environments: &'static str,
    default_lifetime: String,
    longest_lifetime: String,
    rate_limit: String,
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
    let flash = flash(&visitor, &project, query.done.as_deref()).await?;
    let status = StatusCode::OK;
    Ok(form(&visitor, status, project, fields, vec![], flash))
}

/// Tells what was just done, by what is there now.
async fn flash(
    visitor: &Visitor,
    project: &Project,
    done: Option<&str>,
) -> Result<Option<String>, DomainError> {
    let is_open = project.archived_at.is_none();
    match done {
        Some("saved") if is_open => Ok(Some(
            "Changes saved. They hold from the next request on.".into(),
        )),
        Some("archived") if !is_open && visitor.actor.may(Action::ManageProjects, None) => {
            let own = project.clone();
            let counting =
                visitor.act(move |conn, actor, now| keys_to_stop(conn, actor, &own, now));
            Ok(Some(match counting.await? {
                0 => "Archived.".into(),
                1 => "Archived. Its 1 key stops on its next request.".into(),
                count => format!(
                    "Archived. Its {}{} keys stop on their next request.",
                    grouped(count),
                    or_more(count)
                ),
            }))
        }
        _ => Ok(None),
    }
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
            edit_project(conn, actor, &own, &still, |_| Ok(draft.clone()), now)
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
    form(visitor, status, project, fields, errors, None)
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    project: Project,
    fields: ProjectFields,
    errors: Vec<FieldError>,
    flash: Option<String>,
) -> HttpResponse {
    let page = SettingsPage {
        layout: Layout::new(visitor, Section::Settings, Some(&project), "Settings"),
        form: FieldsView::new(fields, Some(&project), errors),
        archived: ArchivedView::of(&project, visitor.now),
        may_archive: visitor.actor.may(Action::ManageProjects, None),
        facts: Facts::of(&project),
        project,
        flash,
    };
    page::full(status, &page)
}

impl Facts {
    fn of(project: &Project) -> Self {
        let none = || "none".to_owned();
        let days = |days: Option<i64>| days.map_or_else(none, |days| plural(days, "day"));
        Facts {
            environments: match project.environment_segment {
                true => "Live and test",
                false => "One environment",
            },
            default_lifetime: days(project.default_lifetime_days),
            longest_lifetime: days(project.max_lifetime_days),
            rate_limit: project.rate_limit().map_or_else(none, limits::in_words),
        }
    }
}
