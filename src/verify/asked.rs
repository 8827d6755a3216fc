//! What a request to `/verify` asks: the gateway's requirement, and nothing of the client's.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use keyward_key::Environment;
use keyward_key::scope::can_be_required;
use keyward_key::verdict::{MAX_REQUIRED_SCOPES, Requirement};

/// Where gateways ask.
const PATH: &str = "/verify";

/// The sentence for a path that is neither of the two forms.
const HOW_TO_WRITE_IT: &str = "Below /verify, the path is /verify/<requirement>/-/ and then \
    anything, for instance /verify/project=default&scope=read:assets/-/.";

/// What a question asks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) required: Requirement,
    /// The status for a key over its limit, for gateways that can't handle 429.
    pub(super) limit_status: Option<StatusCode>,
}

/// Whether a request for this path is a question to `/verify`.
pub(super) fn is_asked(path: &str) -> bool {
    let rest = path.strip_prefix(PATH);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Asked {
    /// Reads the path and query of a request for which [`is_asked`] holds.
    ///
    /// There are two forms. `/verify?scope=read:assets` is for gateways that ask with a URL of
    /// their own. `/verify/scope=read:assets/-/…` is for those that append the client's path and
    /// query: whatever follows `/-` is the client's, and ignored. So a client can't touch what the
    /// gateway requires.
    ///
    /// # Errors
    /// A sentence that says what is wrong. A requirement that can't be understood lets nobody
    /// through.
    pub(super) fn read(path: &str, query: &str) -> Result<Self, String> {
        match path.strip_prefix(PATH) {
            Some("") => Self::read_requirement(query),
            Some(below) => {
                let below = below.strip_prefix('/').unwrap_or_default();
                let (requirement, rest) = match below.split_once('/') {
                    _ if is_the_clients(below) => ("", below),
                    Some((requirement, rest)) if !requirement.is_empty() => (requirement, rest),
                    _ => return Err(HOW_TO_WRITE_IT.into()),
                };
                match is_the_clients(rest) {
                    true => Self::read_requirement(requirement),
                    false => Err(HOW_TO_WRITE_IT.into()),
                }
            }
            None => Err(HOW_TO_WRITE_IT.into()),
        }
    }

    /// Reads a requirement, in the syntax of a query. A bare slash or question mark can only come from
    /// a gateway that appends what a client chose. An unknown parameter is an error: a misspelt
    /// `scope` must not let everything through. So is a repeated one, except `scope`.
    fn read_requirement(text: &str) -> Result<Self, String> {
        if text.contains(['/', '?']) {
            return Err(format!(
                "In what is required, / and ? are written %2F and %3F. {APPENDS}"
            ));
        }
        let mut asked = Asked::default();
        let required = &mut asked.required;
        let mut seen: Vec<Cow<str>> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if name != "scope" && seen.contains(&name) {
                return Err(format!("`{name}` comes twice."));
            }
            match &*name {
                "scope" if required.scopes.len() == MAX_REQUIRED_SCOPES => {
                    return Err(too_many_scopes());
                }
                "scope" => required.scopes.push(value.into_owned()),
                "all" => {
                    required.all = match &*value {
                        "1" | "true" => true,
                        "0" | "false" => false,
                        _ => return Err("`all` is 1 or 0.".into()),
                    }
                }
                "project" => required.project = Some(value.into_owned()),
                "environment" => required.environment = Some(environment(&value)?),
                "limit_status" => {
                    asked.limit_status = match &*value {
                        "403" => Some(StatusCode::FORBIDDEN),
                        "429" => Some(StatusCode::TOO_MANY_REQUESTS),
                        _ => return Err("`limit_status` is 403 or 429.".into()),
                    }
                }
                name => {
                    let shown: String = name.chars().take(MAX_SHOWN).collect();
                    return Err(format!("There is no parameter `{shown}`."));
                }
            }
            if name != "scope" {
                seen.push(name);
            }
        }
        check_scopes(&asked.required.scopes)?;
        Ok(asked)
    }
}

/// What to do about a client's path in a requirement.
const APPENDS: &str = "A gateway that appends the client's path and query to the address it asks \
    must use /verify/<requirement>/-.";

/// How much of something unexpected a message repeats, in characters.
const MAX_SHOWN: usize = 80;

/// Checks the scopes that a question requires.
fn check_scopes(scopes: &[String]) -> Result<(), String> {
    let Some(wrong) = scopes.iter().find(|scope| !can_be_required(scope)) else {
        return Ok(());
    };
    let shown: String = wrong.chars().take(MAX_SHOWN).collect();
    Err(format!(
        "`{shown}` can't be a scope: names have up to 64 of the characters a-z, 0-9 and : . _ - /, \
         and begin with a letter or digit. {APPENDS}"
    ))
}

/// The sentence for a question that requires too many scopes.
pub(super) fn too_many_scopes() -> String {
    format!("At most {MAX_REQUIRED_SCOPES} scopes can be required at once.")
}

/// Whether `rest`, which follows a slash, is `-` and then the client's path.
fn is_the_clients(rest: &str) -> bool {
    let after = rest.strip_prefix('-');
    after.is_some_and(|after| after.is_empty() || after.starts_with('/'))
}

fn environment(value: &str) -> Result<Environment, String> {
    value
        .parse()
        .map_err(|_| "`environment` is live or test.".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIREMENT: &str = "scope=read:assets&scope=write%3Aassets&all=1&project=media\
                               &environment=test&limit_status=403";

    #[test]
    fn the_query_says_what_is_required() {
        let asked = Asked::read("/verify", REQUIREMENT).unwrap();
        assert_eq!(asked.required.scopes, ["read:assets", "write:assets"]);
        assert!(asked.required.all);
        assert_eq!(asked.required.project.as_deref(), Some("media"));
        assert_eq!(asked.required.environment, Some(Environment::Test));
        assert_eq!(asked.limit_status, Some(StatusCode::FORBIDDEN));
        assert_eq!(Asked::read("/verify", "").unwrap(), Asked::default());
    }

    #[test]
    fn a_segment_of_the_path_says_the_same_and_the_rest_is_the_clients() {
        let wanted = Asked::read("/verify", REQUIREMENT).unwrap();
        for (rest, query) in [
            ("", ""),
            ("/", ""),
            ("/api/assets", "a=1&scope=read:analytics"),
            ("/project=other/-/", "all=0"),
            ("//../..", "%"),
        ] {
            let path = format!("/verify/{REQUIREMENT}/-{rest}");
            assert_eq!(Asked::read(&path, query).as_ref(), Ok(&wanted), "{path}");
            let none = Asked::read(&format!("/verify/-{rest}"), query);
            assert_eq!(none, Ok(Asked::default()), "{rest}");
        }
    }

    #[test]
    fn no_other_path_asks_anything() {
        for path in [
            "/verify/",
            "/verify//-/",
            "/verify/api/assets",
            "/verify/scope=read:assets",
            "/verify/scope=read:assets/",
            "/verify/scope=read:assets/--/",
            "/verify/scope=read:assets/%2D/",
            "/verify/scope=read:assets/x/-/",
            "/verify/-x",
        ] {
            assert_eq!(Asked::read(path, ""), Err(HOW_TO_WRITE_IT.into()), "{path}");
        }
    }

    #[test]
    fn what_is_misspelt_lets_nothing_through() {
        for query in [
            "scopes=read:assets",
            "all=yes",
            "environment=prod",
            "limit_status=500",
            "project=a&project=b",
            "all=1&all=0",
            "scope=",
            "scope=/api/assets",
            "scope=read:assets/api",
            "scope=read:assets?page=2",
            "scope=%2Fapi",
            "scope=read:assets%3Fpage=2",
            &"scope=a&".repeat(51),
        ] {
            assert!(Asked::read("/verify", query).is_err(), "{query}");
            let path = format!("/verify/{query}/-/");
            assert!(Asked::read(&path, "").is_err(), "{path}");
        }
        assert!(Asked::read("/verify", &"scope=a&".repeat(50)).is_ok());
        let slash = "scope=live%2Fstreams:read";
        let asked = [
            Asked::read("/verify", slash).unwrap(),
            Asked::read(&format!("/verify/{slash}/-"), "").unwrap(),
        ];
        assert!(
            asked
                .iter()
                .all(|asked| asked.required.scopes == ["live/streams:read"])
        );
    }
}
