//! The pages of API keys.

pub mod across;
mod callers;
mod columns;
mod done;
pub mod edit;
pub mod export;
mod fields;
mod filters;
pub mod handover;
pub mod list;
mod list_query;
pub mod new;
pub mod one;
pub mod reveal;
pub mod revocation;
pub mod rotation;
mod row;
mod scope_note;
pub mod search;
pub mod selection;
mod standing;
mod table;
mod tabs;
mod view;

pub use self::list_query::ListQuery;
pub use self::tabs::counted;
pub use self::view::{KeyView, ShownState};

use actix_web::HttpRequest;
use actix_web::http::StatusCode;

use crate::web::shared::error::{WayOn, sent_project};

/// Where errors of these pages lead: if something can't be done with a key, back to the key.
pub fn lead_on(req: &HttpRequest, status: StatusCode) -> Option<WayOn> {
    let project = sent_project(req)?;
    let id = req.match_info().get("id")?.parse().ok()?;
    (status == StatusCode::CONFLICT).then(|| WayOn {
        path: path(project, id),
        words: "Back to the key",
    })
}

/// The path of a project's list.
fn list_path(project: &str) -> String {
    format!("/projects/{project}/keys")
}

/// The path of one key's page.
pub fn path(project: &str, id: i64) -> String {
    format!("/projects/{project}/keys/{id}")
}
