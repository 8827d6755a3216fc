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
use crate::domain::scopes::{Effect, ScopeUse};
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
    let is_beyond_list = req.path().split('/').nth(4).is_some();
    match status {
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

/// The list of the working keys that may use a scope.
fn users_path(project: &str, scope: &str) -> String {
    let name = utf8_percent_encode(scope, ENCODED);
    format!("/projects/{project}/keys?state=working&scope={name}")
}

/// The list of the working keys that carry a scope by its name.
fn carriers_path(project: &str, scope: &str) -> String {
    let name = utf8_percent_encode(scope, ENCODED);
    format!("/projects/{project}/keys?state=working&carries={name}")
}

/// How many keys may use a scope, and how many of them carry it, as a sentence.
fn used(with_use: &ScopeUse) -> String {
    let ScopeUse { keys, carrying, .. } = *with_use;
    if keys == carrying {
        return carried(carrying);
    }
    let may_use = match keys {
        1 => "1 key can use it".to_owned(),
        _ => format!("{} keys can use it", counted(keys)),
    };
    match carrying {
        0 => format!("{may_use}, none of them by name."),
        1 => format!("{may_use}; 1 has it by name."),
        _ => format!("{may_use}; {} have it by name.", counted(carrying)),
    }
}

/// How many keys carry a scope, as a sentence.
fn carried(count: i64) -> String {
    match count {
        0 => "No key has it.".into(),
        1 => "1 key has it.".into(),
        _ => format!("{} keys have it.", counted(count)),
    }
}

/// "2 keys gain a scope. 1 key loses one." Empty if the edit changes nothing for any key.
fn effect_in_words(effect: &Effect) -> String {
    let among = match effect.is_partial {
        true => "At least ",
        false => "",
    };
    let gaining = match effect.gaining {
        0 => None,
        1 => Some(format!("{among}1 key gains a scope.")),
        many => Some(format!("{among}{} keys gain a scope.", grouped(many))),
    };
    let losing = match effect.losing {
        0 => None,
        1 => Some(format!("{among}1 key loses a scope.")),
        many => Some(format!("{among}{} keys lose a scope.", grouped(many))),
    };
    let both: Vec<String> = gaining.into_iter().chain(losing).collect();
    both.join(" ")
}

fn counted(count: i64) -> String {
    format!("{}{}", grouped(count), or_more(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Scope;

    #[test]
    fn what_is_carried_by_name_is_said_where_it_differs() {
        let said = |keys, carrying| {
            let scope = Scope {
                name: "read".into(),
                description: "Read".into(),
                includes: vec![],
            };
            used(&ScopeUse {
                scope,
                keys,
                carrying,
            })
        };
        assert_eq!(said(0, 0), "No key has it.");
        assert_eq!(said(2, 2), "2 keys have it.");
        assert_eq!(said(1, 0), "1 key can use it, none of them by name.");
        assert_eq!(said(3, 1), "3 keys can use it; 1 has it by name.");
        let many = "1,000 or more keys can use it; 12 have it by name.";
        assert_eq!(said(1_000, 12), many);
    }

    #[test]
    fn a_name_is_one_segment_of_a_path() {
        let edit = path("media", "live/streams:read.all_of-it");
        assert_eq!(edit, "/projects/media/scopes/live%2Fstreams:read.all_of-it");
        let keys = users_path("media", "a/b");
        assert_eq!(keys, "/projects/media/keys?state=working&scope=a%2Fb");
    }
}
