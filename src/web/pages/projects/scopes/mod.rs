//! `/projects/{p}/scopes`: a project's catalogue of scopes.

pub mod catalogue;
pub mod edit;
mod fields;
pub mod list;
pub mod new;
pub mod removal;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::list_keys::or_more;
use crate::web::times::grouped;

/// What is written otherwise in a segment of a path or in a query: of what a scope's name may
/// hold, only the slash.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b':')
    .remove(b'.')
    .remove(b'_')
    .remove(b'-');

/// The path of the catalogue.
fn list_path(project: &str) -> String {
    format!("/projects/{project}/scopes")
}

/// What the paths of one scope's pages begin with. Its name is one segment of them.
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
