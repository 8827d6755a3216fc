//! Scopes: what a key carries, and what of it satisfies what is asked for.

/// The scope that stands for every scope, also those added later.
pub const EVERY_SCOPE: &str = "*";

/// The longest scope name.
pub const MAX_LENGTH: usize = 64;

/// Whether `name` can name a scope: `*`, or 1 to 64 of `a-z 0-9 : . _ -` (RFC 6749 allows
/// more; these need no escaping in headers, URLs and lists).
pub fn is_valid_name(name: &str) -> bool {
    name == EVERY_SCOPE
        || ((1..=MAX_LENGTH).contains(&name.len())
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b":._-".contains(&byte)
            }))
}

/// One scope of a project's catalogue that includes others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    pub scope: String,
    pub includes: Vec<String>,
}

/// Whether a key with `held` scopes has `wanted`, itself or through what its scopes include
/// (and those include in turn).
pub fn grants(held: &[String], inclusions: &[Inclusion], wanted: &str) -> bool {
    let mut open: Vec<&str> = held.iter().map(String::as_str).collect();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(scope) = open.pop() {
        if scope == EVERY_SCOPE || scope == wanted {
            return true;
        }
        if seen.contains(&scope) {
            continue;
        }
        seen.push(scope);
        let included = inclusions
            .iter()
            .filter(|inclusion| inclusion.scope == scope);
        open.extend(included.flat_map(|inclusion| inclusion.includes.iter().map(String::as_str)));
    }
    false
}

/// Reads scopes as the database keeps them: names parted by single spaces.
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

    fn held(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_scope_includes_others_and_what_those_include() {
        assert!(grants(
            &held(&["streams:write"]),
            &streaming(),
            "streams:read"
        ));
        assert!(grants(
            &held(&["streams:admin"]),
            &streaming(),
            "streams:read"
        ));
        assert!(!grants(
            &held(&["streams:read"]),
            &streaming(),
            "streams:write"
        ));
    }

    #[test]
    fn inclusions_that_run_in_a_circle_end() {
        assert!(!grants(&held(&["loop:a"]), &streaming(), "streams:read"));
    }

    #[test]
    fn the_star_is_every_scope() {
        assert!(grants(&held(&["*"]), &[], "anything:at-all"));
        assert!(!grants(&[], &[], "read:assets"));
    }

    #[test]
    fn names_need_no_escaping() {
        for name in ["*", "read:assets", "streams:write", "a", "v1.read_all-x"] {
            assert!(is_valid_name(name), "{name}");
        }
        for name in [
            "",
            "**",
            "Read",
            "read assets",
            "read,assets",
            "é",
            &"x".repeat(65),
        ] {
            assert!(!is_valid_name(name), "{name}");
        }
    }
}
