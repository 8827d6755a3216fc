//! `/projects/{p}/scopes`: a project's catalogue of scopes.

pub mod catalogue;
pub mod edit;
mod fields;
pub mod list;
pub mod new;
pub mod removal;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::counting::or_more;
use crate::web::shared::error::{WayOn, sent_project};
use crate::web::shared::times::grouped;

/// What is escaped in a path segment or a query. Of the characters allowed in a scope's name, that
/// is only the slash.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b':')
    .remove(b'.')
    .remove(b'_')
    .remove(b'-');

/// Where errors of these pages lead: back to the catalogue, or to the scope's form if somebody else
/// has changed the scope.
pub fn lead_on(req: &HttpRequest, status: StatusCode) -> Option<WayOn> {
    let project = sent_project(req)?;
    let path = req.path();
    let is_beyond_list = path.split('/').nth(4).is_some();
    match status {
        StatusCode::CONFLICT if path.ends_with("/edit") => Some(WayOn {
            path: path.into(),
            words: "Open the scope again",
        }),
        StatusCode::NOT_FOUND if !is_beyond_list => None,
        StatusCode::CONFLICT | StatusCode::NOT_FOUND => Some(WayOn {
            path: list_path(project),
            words: "Back to the scopes",
        }),
        _ => None,
    }
}

/// The path of the catalogue.
fn list_path(project: &str) -> String {
    format!("/projects/{project}/scopes")
}

/// What the paths of one scope's pages begin with. The scope's name is one segment.
fn path(project: &str, scope: &str) -> String {
    let name = utf8_percent_encode(scope, ENCODED);
    format!("/projects/{project}/scopes/{name}")
}

/// The list of the keys that carry a scope.
fn keys_path(project: &str, scope: &str) -> String {
    let name = utf8_percent_encode(scope, ENCODED);
    format!("/projects/{project}/keys?scope={name}")
}

/// How many keys carry a scope, as a sentence.
fn carried(count: i64) -> String {
    match count {
        0 => "No key carries it.".into(),
        1 => "1 key carries it.".into(),
        _ => format!("{}{} keys carry it.", grouped(count), or_more(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment_of_a_path() {
        let edit = path("media", "live/streams:read.all_of-it");
        assert_eq!(edit, "/projects/media/scopes/live%2Fstreams:read.all_of-it");
        let keys = keys_path("media", "a/b");
        assert_eq!(keys, "/projects/media/keys?scope=a%2Fb");
    }
}
