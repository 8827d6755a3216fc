//! What the list of keys says of its filter by a scope.

use keyward_key::scope::EVERY_SCOPE;

use super::list_query::ListQuery;
use crate::records::{Scope, scope};

/// So many scopes that include another are named.
const NAMED: usize = 3;

/// A sentence, and the way to the other reading of it.
pub struct ScopeNote {
    pub text: String,
    /// Where it leads, and in which words.
    pub other: Option<(String, &'static str)>,
}

impl ScopeNote {
    /// What is said of this list, at the path `list`, of keys of a project with this catalogue.
    pub fn of(query: &ListQuery, catalogue: &[Scope], list: &str) -> Vec<Self> {
        let (wanted, carried) = (query.scope.as_str(), query.carries.as_str());
        let by_name = || ListQuery {
            scope: String::new(),
            carries: wanted.to_owned(),
            ..query.at_start()
        };
        let by_right = || ListQuery {
            scope: carried.to_owned(),
            carries: String::new(),
            ..query.at_start()
        };
        let able = match wanted {
            "" => None,
            EVERY_SCOPE => Some(ScopeNote {
                text: "Keys with full access (*).".into(),
                other: None,
            }),
            _ => Some(ScopeNote {
                text: format!(
                    "Keys that can use {wanted}: they have {}.",
                    granting(catalogue, wanted)
                ),
                other: Some((by_name().url(list), "Only keys that have it by name")),
            }),
        };
        let carrying = (!carried.is_empty()).then(|| ScopeNote {
            text: format!("Keys that have {carried} by name."),
            other: Some((by_right().url(list), "All keys that can use it")),
        });
        able.into_iter().chain(carrying).collect()
    }
}

/// "it, admin:assets or *".
fn granting(catalogue: &[Scope], wanted: &str) -> String {
    let catalogue = scope::catalogue(catalogue);
    let granting = catalogue.granting(wanted);
    let (every, others) = granting.split_last().expect("at least itself");
    let included_by = others[1..].iter().take(NAMED).copied();
    let mut named: Vec<&str> = ["it"].into_iter().chain(included_by).collect();
    let more = others.len() - named.len();
    let more = match more {
        0 => None,
        more => Some(format!("{more} more that include it")),
    };
    named.extend(more.as_deref());
    format!("{} or {every}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(including: usize) -> Vec<Scope> {
        let scope = |name: String, includes: &[&str]| Scope {
            name,
            description: "What it allows".into(),
            includes: includes.iter().map(|name| (*name).to_owned()).collect(),
        };
        let others = (0..including).map(|number| scope(format!("s{number}"), &["read"]));
        [scope("read".into(), &[])]
            .into_iter()
            .chain(others)
            .collect()
    }

    #[test]
    fn the_scopes_that_include_one_are_named_while_they_are_few() {
        assert_eq!(granting(&catalogue(0), "read"), "it or *");
        assert_eq!(granting(&catalogue(0), "gone"), "it or *");
        assert_eq!(granting(&catalogue(2), "read"), "it, s0, s1 or *");
        let many = "it, s0, s1, s2, 4 more that include it or *";
        assert_eq!(granting(&catalogue(7), "read"), many);
    }
}
