//! Scopes: what a key carries, and whether that is enough for a request.

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

/// Whether a key with `held` scopes has `wanted`, directly or through what its scopes include (and
/// what those include in turn).
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
}
