//! Answering with pages. Handlers call these and never look at htmx's headers.

use actix_htmx::{Htmx, TriggerPayload};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use askama::Template;

use super::Viewer;
use super::assets::{APP_CSS, APP_JS, HTMX, ICONS};
use super::shell::Shell;
use super::times::plural;
use crate::records::{Grant, Project, Role};

pub use super::shell::Section;

/// How many characters of a page's title browsers get: no tab or list shows more.
const TITLE: usize = 42;

/// What the layout around a page shows.
pub struct Layout {
    /// In the browser's tab, with the project; long ones are cut.
    pub title: String,
    pub shell: Shell,
    pub email: String,
    pub role: String,
    pub csrf: String,
    /// Whether a script shows times in the zone of the browser.
    pub has_local_times: bool,
}

impl Layout {
    /// The layout for a visitor's page about `project`.
    pub fn new(
        viewer: &Viewer,
        section: Section,
        project: Option<&Project>,
        title: impl Into<String>,
    ) -> Self {
        let title = short(&title.into());
        let shell = Shell::new(viewer, section, project);
        Layout {
            title: match project {
                Some(project) => format!("{title} · {}", short(&project.name)),
                None => title,
            },
            role: role(viewer, shell.project.as_ref()),
            shell,
            email: viewer.actor.name().to_owned(),
            csrf: viewer.csrf.clone(),
            has_local_times: viewer.has_local_times,
        }
    }
}

/// A title that is not too long for a browser's tab.
fn short(title: &str) -> String {
    match title.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title.to_owned(),
    }
}

/// The visitor's strongest role on the project or, without a project, on all of them.
fn role(viewer: &Viewer, project: Option<&Project>) -> String {
    let grants = viewer.actor.grants();
    let place = project.map(|project| project.id);
    let reaches = |grant: &Grant| grant.project_id.is_none() || grant.project_id == place;
    let has = |role: &Role| {
        let mut all = grants.iter();
        all.any(|grant| grant.role == *role && reaches(grant))
    };
    match Role::ALL.iter().copied().find(has) {
        Some(role) => role.title().to_owned(),
        None => on_some(grants),
    }
}

/// Describes somebody who has roles on single projects only: "Admin of 2 projects".
fn on_some(grants: &[Grant]) -> String {
    let [first, others @ ..] = grants else {
        return String::new();
    };
    let is_same = |other: &Grant| other.role == first.role;
    let projects = plural(i64::try_from(grants.len()).unwrap_or(i64::MAX), "project");
    match others.iter().all(is_same) {
        true => format!("{} of {projects}", first.role.title()),
        false => format!("Roles on {projects}"),
    }
}

/// The URL of the style sheet.
pub fn css() -> &'static str {
    APP_CSS.path
}

/// The URL of our script.
pub fn js() -> &'static str {
    APP_JS.path
}

/// The URL of the icon in the browser's tab: that of a project or, without one, of all.
pub fn icon(project: Option<&Project>) -> &'static str {
    let [of_all, others @ ..] = &ICONS;
    let Some(project) = project else {
        return of_all.path;
    };
    let number = usize::try_from(project.id).unwrap_or_default();
    others[number % others.len()].path
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

/// The answer to a form that succeeded: a redirect or, for htmx, the fragment that replaces the old
/// one. Then the dialog closes, and screen readers read `announcement`.
pub fn done(
    htmx: &Htmx,
    location: &str,
    announcement: &str,
    fragment: &impl Template,
) -> HttpResponse {
    match htmx.is_htmx {
        true => {
            let announcement = TriggerPayload::text(announcement);
            htmx.trigger_event("dialog-done", Some(announcement), None);
            full(StatusCode::OK, fragment)
        }
        false => see_other(location),
    }
}

/// The answer to a form that succeeded and leads to another page, also from a dialog.
pub fn leave(htmx: &Htmx, location: &str) -> HttpResponse {
    match htmx.is_htmx {
        true => HttpResponse::NoContent()
            .insert_header(("hx-redirect", location))
            .finish(),
        false => see_other(location),
    }
}

/// A redirect to another page, after a form succeeded.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .finish()
}

/// Like [`respond`], with the fragment in the layout's dialog.
pub fn respond_in_dialog(
    htmx: &Htmx,
    status: StatusCode,
    page: &impl Template,
    fragment: &impl Template,
) -> HttpResponse {
    let mut response = respond(htmx, status, page, fragment);
    if htmx.is_htmx {
        into_dialog(&mut response);
    }
    response
}

/// Makes htmx show the answer in the layout's dialog, whatever target was asked for, and leave the
/// address as it is.
pub fn into_dialog(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    for (name, value) in [
        ("hx-retarget", "#dialog"),
        ("hx-reswap", "innerHTML"),
        ("hx-reselect", "unset"),
        ("hx-push-url", "false"),
    ] {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        headers.insert(name, value);
    }
}
