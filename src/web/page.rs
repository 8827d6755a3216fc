//! Answering with pages. Handlers call these and never look at htmx's headers.

use actix_htmx::Htmx;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use askama::Template;

use super::Visitor;
use super::assets::{APP_CSS, APP_JS, HTMX, ICON};
use crate::db::projects::Project;
use crate::domain::actor::Who;
use crate::domain::policy::{Action, Grant};
use crate::domain::read_audit::may_read_audit;

/// The parts of the console that the sidebar leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Overview,
    Keys,
    Grants,
    Scopes,
    Settings,
    Audit,
    People,
    Account,
}

/// What the layout around a page shows.
pub struct Layout {
    pub title: String,
    pub section: Section,
    /// The project the page is about.
    pub project: Option<Project>,
    pub projects: Vec<Project>,
    pub email: String,
    pub role: &'static str,
    /// Whether the visitor may change the project's settings.
    pub may_manage: bool,
    pub may_read_audit: bool,
    pub may_manage_users: bool,
    pub csrf: String,
}

impl Layout {
    /// The layout for a visitor's page about `project`.
    pub fn new(
        visitor: &Visitor,
        section: Section,
        project: Option<&Project>,
        title: impl Into<String>,
    ) -> Self {
        let about = project;
        let project = project.or(visitor.projects.first());
        Layout {
            title: title.into(),
            section,
            may_manage: project
                .is_some_and(|project| visitor.actor.may(Action::ManageProject, Some(project.id))),
            project: project.cloned(),
            projects: visitor.projects.clone(),
            email: visitor.actor.name().to_owned(),
            role: role(visitor, about),
            may_read_audit: may_read_audit(&visitor.actor),
            may_manage_users: visitor.actor.may(Action::ManageUsers, None),
            csrf: visitor.session.csrf.clone(),
        }
    }

    /// Whether the page belongs to this section.
    pub fn is_in(&self, section: Section) -> bool {
        self.section == section
    }

    /// Whether the page is about this project.
    pub fn is_about(&self, project: &Project) -> bool {
        self.project
            .as_ref()
            .is_some_and(|own| own.id == project.id)
    }
}

/// The strongest role a visitor has on the project, or at all.
fn role(visitor: &Visitor, project: Option<&Project>) -> &'static str {
    let Who::Person { grants, .. } = &visitor.actor.who else {
        return "";
    };
    let applies = |grant: &&Grant| {
        let about = project.map(|project| project.id);
        about.is_none() || grant.project_id.is_none() || grant.project_id == about
    };
    let weight = |grant: &&Grant| {
        [
            Action::ManageUsers,
            Action::MintKeys,
            Action::RevokeKeys,
            Action::ReadAudit,
        ]
        .into_iter()
        .position(|action| grant.role.may(action))
        .unwrap_or(usize::MAX)
    };
    grants
        .iter()
        .filter(applies)
        .min_by_key(weight)
        .map_or("", |grant| grant.role.title())
}

/// The URL of the style sheet.
pub fn css() -> &'static str {
    APP_CSS.path
}

/// The URL of our script.
pub fn js() -> &'static str {
    APP_JS.path
}

/// The URL of the icon in the browser's tab.
pub fn icon() -> &'static str {
    ICON.path
}

/// The URL of htmx, if the build had npm.
pub fn htmx() -> Option<&'static str> {
    HTMX.map(|asset| asset.path)
}

/// A whole page.
pub fn full(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// A whole page or, for htmx, the fragment of it that it asked for.
pub fn respond(
    htmx: &Htmx,
    status: StatusCode,
    page: &impl Template,
    fragment: &impl Template,
) -> HttpResponse {
    let mut response = match htmx.is_htmx && !htmx.history_restore_request {
        true => full(status, fragment),
        false => full(status, page),
    };
    let vary = HeaderValue::from_static("HX-Request");
    response.headers_mut().append(header::VARY, vary);
    response
}

/// What follows a form that did its work: another page or, for htmx, what took the place of
/// what was there. `event` tells the page that the dialog may close.
pub fn done(htmx: &Htmx, location: &str, event: &str, fragment: &impl Template) -> HttpResponse {
    match htmx.is_htmx {
        true => {
            htmx.trigger_event(event, None, None);
            full(StatusCode::OK, fragment)
        }
        false => see_other(location),
    }
}

/// Another page, after a form did its work.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .finish()
}

/// Makes htmx show the answer in the layout's dialog, whatever it was asked for.
pub fn into_dialog(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    for (name, value) in [
        ("hx-retarget", "#dialog"),
        ("hx-reswap", "innerHTML"),
        ("hx-reselect", "unset"),
    ] {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        headers.insert(name, value);
    }
}
