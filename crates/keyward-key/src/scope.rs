//! Scopes: what a key carries, and whether that is enough for a request.

use std::collections::{HashMap, HashSet};

/// The scope that stands for every scope, including those added later.
pub const EVERY_SCOPE: &str = "*";

/// The longest scope name, in characters.
pub const MAX_LENGTH: usize = 64;

/// One scope of a project's catalogue that includes others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The scope that includes others.
    pub scope: String,
    /// The scopes that it includes.
    pub includes: Vec<String>,
}

/// Everything that a key's scopes come to: those it carries, and those they include. Worked out
/// once, so that a question about one scope is one look-up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    every: bool,
    names: HashSet<Box<str>>,
}

impl Granted {
    /// What a key with `held` scopes may do, given the `inclusions` of its project's catalogue.
    /// Takes time in proportion to their length, also if they run in a circle.
    pub fn resolve(held: &[String], inclusions: &[Inclusion]) -> Self {
        let including = inclusions.iter();
        let including: HashMap<&str, &[String]> = including
            .map(|inclusion| (inclusion.scope.as_str(), inclusion.includes.as_slice()))
            .collect();
        let mut granted = Granted::default();
        let mut open: Vec<&str> = held.iter().map(String::as_str).collect();
        while let Some(scope) = open.pop() {
            granted.every |= scope == EVERY_SCOPE;
            if granted.names.insert(scope.into()) {
                let included = including.get(scope).copied().unwrap_or_default();
                open.extend(included.iter().map(String::as_str));
            }
        }
        granted
    }

    /// Whether that is enough where `wanted` is required.
    pub fn has(&self, wanted: &str) -> bool {
        self.every || self.names.contains(wanted)
    }
}

/// Whether `text` can be asked for: the name of a scope, or `*`.
pub fn can_be_required(text: &str) -> bool {
    text == EVERY_SCOPE || is_name(text)
}

/// Whether a scope can be named `text`.
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=MAX_LENGTH).contains(&text.len())
        && text.bytes().next().is_some_and(plain)
        && text
            .bytes()
            .all(|byte| plain(byte) || b":._-/".contains(&byte))
}

/// Reads scopes as the database stores them: names separated by single spaces.
pub fn split(joined: &str) -> Vec<String> {
    joined
        .split(' ')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streaming() -> Vec<Inclusion> {
        vec![
            Inclusion {
                scope: "streams:write".into(),
                includes: vec!["streams:read".into()],
            },
            Inclusion {
                scope: "streams:admin".into(),
                includes: vec!["streams:write".into()],
            },
            Inclusion {
                scope: "loop:a".into(),
                includes: vec!["loop:b".into()],
            },
            Inclusion {
                scope: "loop:b".into(),
                includes: vec!["loop:a".into()],
            },
        ]
    }

    fn granted(held: &[&str]) -> Granted {
        let held: Vec<String> = held.iter().map(|name| (*name).to_owned()).collect();
        Granted::resolve(&held, &streaming())
    }

    #[test]
    fn a_scope_includes_others_and_what_those_include() {
        assert!(granted(&["streams:write"]).has("streams:read"));
        assert!(granted(&["streams:admin"]).has("streams:read"));
        assert!(!granted(&["streams:read"]).has("streams:write"));
    }

    #[test]
    fn inclusions_that_run_in_a_circle_end() {
        assert!(granted(&["loop:a"]).has("loop:b"));
        assert!(!granted(&["loop:a"]).has("streams:read"));
    }

    #[test]
    fn the_star_is_every_scope() {
        assert!(granted(&["*"]).has("anything:at-all"));
        assert!(!granted(&[]).has("anything:at-all"));
    }

    #[test]
    fn a_path_is_no_scope() {
        for text in ["", "/api/assets", "a?b", "Read", "read assets"] {
            assert!(!can_be_required(text), "{text}");
        }
        assert!(can_be_required("*") && can_be_required("read:assets"));
    }
}
