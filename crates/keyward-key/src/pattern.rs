//! What keys look like, for secret scanners.

use std::collections::BTreeSet;

use super::format::TAIL_CHARS;
use super::{Environment, KeyFormat};

/// A regular expression (RE2, PCRE and the like) that matches every key of these formats, and
/// little else: a scanner can then check the checksum, or ask Keyward.
pub fn regular_expression(formats: &[KeyFormat]) -> String {
    let starts: Vec<String> = starts(formats).into_iter().collect();
    format!(r"\b(?:{})[0-9A-Za-z]{{{TAIL_CHARS}}}\b", starts.join("|"))
}

/// A rule for gitleaks 8. Its keywords let gitleaks skip most files; its entropy excludes
/// placeholders such as `mk_live_xxxx…`.
pub fn gitleaks_rule(formats: &[KeyFormat]) -> String {
    let keywords: Vec<String> = starts(formats)
        .iter()
        .map(|start| format!("\"{start}\""))
        .collect();
    format!(
        "[[rules]]\n\
         id = \"keyward-api-key\"\n\
         description = \"API key of Keyward\"\n\
         regex = '''{}'''\n\
         entropy = 3.5\n\
         keywords = [{}]\n",
        regular_expression(formats),
        keywords.join(", ")
    )
}

/// What keys of these formats begin with, each once.
fn starts(formats: &[KeyFormat]) -> BTreeSet<String> {
    let environments = || Environment::ALL.iter();
    formats
        .iter()
        .flat_map(|format| environments().map(|of| format.fixed_start(*of)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_is_there_once() {
        let format = |start: &str, environment_segment| KeyFormat {
            start: start.into(),
            environment_segment,
        };
        let formats = [format("mk", true), format("hkr", false), format("mk", true)];
        assert_eq!(
            regular_expression(&formats),
            r"\b(?:hkr_|mk_live_|mk_test_)[0-9A-Za-z]{38}\b"
        );
    }
}
