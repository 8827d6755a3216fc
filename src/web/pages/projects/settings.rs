//! `/projects/{p}/settings`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::fields::{FieldsView, ProjectFields};
use crate::access::Action;
use crate::domain::counting::or_more;
use crate::domain::{DomainError, FieldError, Op, Precondition, projects};
use crate::records::Project;
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::error::WayOn;
use crate::web::shared::form::Form;
use crate::web::shared::meanwhile::Meanwhile;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{grouped, plural};
use crate::web::shared::{Viewer, Visitor, WebError, rate_limit_fields};

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
    meanwhile: Option<Meanwhile>,
}

/// The settings of an archived project, formatted for display.
struct Facts {
    environments: &'static str,
    default_lifetime: String,
    longest_lifetime: String,
    rate_limit: String,
}

/// What the page says besides the settings.
#[derive(Default)]
struct Told {
    errors: Vec<FieldError>,
    flash: Option<String>,
    meanwhile: Option<Meanwhile>,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct SettingsQuery {
    done: Option<String>,
}

/// Where errors of this page lead: if the settings have changed in the meantime, back to them.
pub fn lead_on(req: &HttpRequest, status: StatusCode) -> Option<WayOn> {
    (status == StatusCode::CONFLICT).then(|| WayOn {
        path: req.path().into(),
        words: "Open the settings again",
    })
}

pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<SettingsQuery>,
) -> Result<HttpResponse, WebError> {
    let loading = visitor.view(move |op| {
        let project = projects::edit_form(op, &slug)?;
        let flash = flash(op, &project, query.done.as_deref())?;
        Ok((project, flash))
    });
    let (viewer, (project, flash)) = loading.await?;
    let (status, fields) = (StatusCode::OK, ProjectFields::of(&project));
    let told = Told {
        flash,
        ..Told::default()
    };
    Ok(form(&viewer, status, project, fields, told))
}

/// The message about what was just done, based on what is there now.
fn flash(
    op: &mut Op,
    project: &Project,
    done: Option<&str>,
) -> Result<Option<String>, DomainError> {
    let is_open = project.archived_at.is_none();
    match done {
        Some("saved") if is_open => Ok(Some(
            "Changes saved. They apply from the next request.".into(),
        )),
        Some("archived") if !is_open && op.actor().may(Action::ManageProjects, None) => {
            Ok(Some(match projects::count_working_keys(op, project)? {
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
    let version: i64 = fields.version.parse().map_err(|_| WebError::BadForm)?;
    let slug = slug.into_inner();
    let (of, typed) = (slug.clone(), fields.clone());
    let saving = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        let still = Precondition::that(move |project: &Project| project.version == version);
        projects::edit(op, &project, &still, |project| typed.draft(Some(project)))
    });
    match saving.await {
        Ok(project) => {
            let path = format!("/projects/{}/settings?done=saved", project.slug);
            Ok(page::see_other(&path))
        }
        Err(DomainError::Invalid(errors)) => {
            let loading = visitor.view(move |op| projects::edit_form(op, &slug));
            let (viewer, project) = loading.await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let told = Told {
                errors,
                ..Told::default()
            };
            Ok(form(&viewer, status, project, fields, told))
        }
        Err(DomainError::Stale) => {
            let loading = visitor.view(move |op| projects::edit_form(op, &slug));
            let (viewer, project) = loading.await?;
            let (fields, rows) = fields.brought_onto(&project);
            let told = Told {
                meanwhile: Some(Meanwhile::by_somebody("project", rows)),
                ..Told::default()
            };
            let status = StatusCode::CONFLICT;
            Ok(form(&viewer, status, project, fields, told))
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    project: Project,
    fields: ProjectFields,
    told: Told,
) -> HttpResponse {
    let page = SettingsPage {
        layout: Layout::new(viewer, Section::Settings, Some(&project), "Settings"),
        form: FieldsView::new(fields, Some(&project), told.errors),
        archived: ArchivedView::of(&project, viewer.now),
        may_archive: viewer.actor.may(Action::ManageProjects, None),
        facts: Facts::of(&project),
        project,
        flash: told.flash,
        meanwhile: told.meanwhile,
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
            rate_limit: project
                .rate_limit
                .map_or_else(none, rate_limit_fields::in_words),
        }
    }
}
