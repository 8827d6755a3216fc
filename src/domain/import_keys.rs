//! Bring keys in from another system, which keep working with the secrets they have.

use std::collections::HashMap;
use std::fmt;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::error::Category;

use super::archive_project::require_open;
use super::draft::{KeyDraft, Rules};
use super::key_json::RateLimitJson;
use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::clock::{UtcTime, parse_rfc3339};
use crate::db::keys::{self, KeyTerms, NewKey};
use crate::db::projects::{self, Project};
use crate::db::{AnyConnection, Connection, DbError, change, known_keys, scopes};
use crate::key::{Environment, KeyDigest, RateLimit, scope};

/// The most keys that are written in one transaction.
pub const BATCH: usize = 500;

/// How many prefixes an audit entry names.
const NAMED: usize = 20;
const PREFIX_LENGTHS: std::ops::RangeInclusive<usize> = 4..=40;
/// No key was made before.
const FIRST_YEAR: i32 = 1970;

/// A key as a line of JSON says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sha256: String,
    prefix: String,
    name: String,
    #[serde(default = "every_scope")]
    scopes: Vec<String>,
    #[serde(default = "live")]
    environment: Environment,
    expires_at: Option<String>,
    rate_limit: Option<RateLimitJson>,
    #[serde(default)]
    allowed_ips: Vec<String>,
    created_at: Option<String>,
}

fn every_scope() -> Vec<String> {
    vec![scope::EVERY_SCOPE.to_owned()]
}

fn live() -> Environment {
    Environment::Live
}

/// A key whose line was found good.
#[derive(Debug)]
pub struct CheckedKey {
    line: usize,
    digest: KeyDigest,
    prefix: String,
    environment: Environment,
    terms: KeyTerms,
    created_at: UtcTime,
}

/// A line that can't be taken in, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct WrongLine {
    /// The first is 1.
    pub line: usize,
    pub detail: String,
}

impl fmt::Display for WrongLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.detail)
    }
}

/// Why lines were not found good.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the lines can't be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("{} of the lines are wrong", .0.len())]
    Wrong(Vec<WrongLine>),
    #[error(transparent)]
    Domain(#[from] DomainError),
}

impl From<DbError> for ImportError {
    fn from(error: DbError) -> Self {
        DomainError::from(error).into()
    }
}

/// Reads a key from each line of `input`, which is JSON, and writes nothing. How long a key may
/// live counts from now on, whenever it was made.
///
/// # Errors
/// The actor may not, the project is archived, or lines are wrong: then all of those.
pub fn check_lines(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
    mut input: impl BufRead,
    now: UtcTime,
) -> Result<Vec<CheckedKey>, ImportError> {
    policy::require(actor, Action::MintKeys, Some(project.id)).map_err(DomainError::from)?;
    require_open(project)?;
    let catalogue = scopes::of_project(conn, project.id)?;
    let rules = Rules {
        catalogue: &catalogue,
        max_lifetime_days: project.max_lifetime_days,
        key: None,
    };
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    let mut lines = HashMap::new();
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        if input.read_until(b'\n', &mut text)? == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let checked = match check_line(&text, line, project, &rules, now) {
            Ok(key) => match known_from(conn, &mut lines, &key)? {
                None => Ok(key),
                Some(told) => Err(told),
            },
            Err(told) => Err(told),
        };
        match checked {
            Ok(key) => good.push(key),
            Err(told) => wrong.push(WrongLine {
                line,
                detail: without_controls(&told),
            }),
        }
    }
    match wrong.is_empty() {
        true => Ok(good),
        false => Err(ImportError::Wrong(wrong)),
    }
}

/// Writes keys that were found good, [`BATCH`] at most, and gives back their ids. When this
/// returns, the next request with one of them is answered with it.
///
/// # Errors
/// The actor may not, the project is archived, or somebody else brought one of them in
/// meanwhile; nothing is written then.
pub fn import_keys(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    batch: &[CheckedKey],
    now: UtcTime,
) -> Result<Vec<i64>, DomainError> {
    policy::require(actor, Action::MintKeys, Some(project.id))?;
    require_open(project)?;
    change(conn, |tx| {
        let mut ids = Vec::with_capacity(batch.len());
        for key in batch {
            if known_keys::by_digest(tx.conn(), &key.digest)?.is_some() {
                let told = format!("line {}: {HERE_ALREADY}", key.line);
                return Err(DomainError::Conflict(told));
            }
            let new = NewKey {
                project_id: project.id,
                digest: key.digest,
                prefix: &key.prefix,
                environment: key.environment,
                terms: &key.terms,
                created_by: actor.name(),
                replaces: None,
            };
            ids.push(keys::insert(tx, &new, key.created_at)?);
        }
        projects::set_imported(tx, project.id)?;
        let named = batch.iter().take(NAMED).map(|key| key.prefix.clone());
        let prefixes: Vec<String> = named.collect();
        let mut entry = actor.project_entry("keys.imported", project, now);
        entry.details.insert("count".into(), batch.len().into());
        entry.details.insert("key_prefixes".into(), prefixes.into());
        Ok((ids, entry))
    })
}

const HERE_ALREADY: &str = "this key is here already.";

/// Says so if the key stands on an earlier line, or is in the database, in whatever state and
/// project. `lines` keeps where each key stands.
fn known_from(
    conn: &mut AnyConnection,
    lines: &mut HashMap<KeyDigest, usize>,
    key: &CheckedKey,
) -> Result<Option<String>, DbError> {
    if let Some(earlier) = lines.insert(key.digest, key.line) {
        return Ok(Some(format!("this key is on line {earlier} already.")));
    }
    let known = known_keys::by_digest(conn, &key.digest)?;
    Ok(known.map(|_| HERE_ALREADY.to_owned()))
}

fn check_line(
    text: &[u8],
    number: usize,
    project: &Project,
    rules: &Rules,
    now: UtcTime,
) -> Result<CheckedKey, String> {
    let line = parse(text)?;
    let mut wrong = Vec::new();
    let digest = read_digest(&line.sha256);
    if digest.is_none() {
        wrong.push("sha256: Write the 64 hexadecimal digits of the key's SHA-256.".to_owned());
    }
    if let Err(detail) = check_prefix(&line.prefix, digest.as_ref()) {
        wrong.push(format!("prefix: {detail}"));
    }
    if !project.has(line.environment) {
        wrong.push("environment: This project has no test environment.".to_owned());
    }
    let expires_at = line.expires_at.as_deref().map(parse_rfc3339);
    if expires_at == Some(None) {
        wrong.push("expires_at: Write a time such as 2027-01-31T00:00:00Z, or null.".to_owned());
    }
    let created_at = read_past(line.created_at.as_deref(), now);
    if created_at.is_none() {
        wrong.push(
            "created_at: Write a time that has passed, such as 2025-01-31T12:00:00Z.".to_owned(),
        );
    }
    let draft = KeyDraft {
        label: line.name,
        scopes: line.scopes,
        expires_at: expires_at.flatten(),
        rate_limit: line.rate_limit.map(RateLimit::from),
        allowed_ips: line.allowed_ips,
    };
    let terms = draft.check(rules, now).map_err(|errors| {
        let told = errors
            .iter()
            .map(|error| format!("{}: {}", in_json(&error.field), error.detail));
        wrong.extend(told);
    });
    match (digest, created_at, terms) {
        (Some(digest), Some(created_at), Ok(terms)) if wrong.is_empty() => Ok(CheckedKey {
            line: number,
            digest,
            prefix: line.prefix,
            environment: line.environment,
            terms,
            created_at,
        }),
        _ => Err(wrong.join(" ")),
    }
}

/// Reads a line's JSON.
///
/// # Errors
/// What is wrong with it, and with which field.
fn parse(text: &[u8]) -> Result<Line, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read: Result<Line, _> = serde_path_to_error::deserialize(&mut reader);
    let (place, error) = match read {
        Ok(line) => match reader.end() {
            Ok(()) => return Ok(line),
            Err(error) => (String::new(), error),
        },
        Err(error) => (error.path().to_string(), error.into_inner()),
    };
    let told = error.to_string();
    // It counts lines and columns within the line.
    let told = told
        .rsplit_once(" at line ")
        .map_or(&*told, |(told, _)| told);
    Err(match error.classify() {
        Category::Data if place == "." => format!("{told}."),
        Category::Data => format!("{place}: {told}."),
        Category::Syntax | Category::Eof | Category::Io => format!("this is not JSON: {told}."),
    })
}

fn read_digest(hex: &str) -> Option<KeyDigest> {
    if hex.len() != 64 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes: Option<Vec<u8>> = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect();
    Some(KeyDigest::from_row(&bytes?))
}

/// Checks what is to be kept in clear of a key.
///
/// # Errors
/// A sentence that says what is wrong.
fn check_prefix(prefix: &str, digest: Option<&KeyDigest>) -> Result<(), &'static str> {
    let visible = prefix.bytes().all(|byte| byte.is_ascii_graphic());
    if !visible || !PREFIX_LENGTHS.contains(&prefix.len()) {
        return Err("Use 4 to 20 visible ASCII characters, without spaces.");
    }
    match digest == Some(&KeyDigest::of(prefix)) {
        true => Err("This is the whole key. Write only how it begins."),
        false => Ok(()),
    }
}

/// The time that `text` says if it has passed, and `now` without one.
fn read_past(text: Option<&str>, now: UtcTime) -> Option<UtcTime> {
    match text {
        None => Some(now),
        Some(text) => parse_rfc3339(text).filter(|at| *at <= now && at.year() >= FIRST_YEAR),
    }
}

/// The name that a field of a [`KeyDraft`] has in the JSON.
fn in_json(field: &str) -> &str {
    match field {
        "label" => "name",
        "expires" => "expires_at",
        "rate_limit_requests" => "rate_limit.requests",
        "rate_limit_seconds" => "rate_limit.seconds",
        other => other,
    }
}

/// What a line holds may end on a terminal, and must not command it.
fn without_controls(told: &str) -> String {
    told.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

    #[test]
    fn three_fields_are_enough_for_a_line() {
        let text = format!(r#"{{"sha256": "{HEX}", "prefix": "old_a1", "name": "Checkout"}}"#);
        let line = parse(text.as_bytes()).unwrap();
        assert_eq!(line.scopes, ["*"]);
        assert_eq!(line.environment, Environment::Live);
        assert!(line.expires_at.is_none() && line.created_at.is_none());
        assert!(line.rate_limit.is_none() && line.allowed_ips.is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_line_names_the_field() {
        let wrong = |text: &str| parse(text.as_bytes()).err().unwrap();
        for (text, told) in [
            ("oops", "this is not JSON: expected value."),
            ("{} {}", "missing field `sha256`."),
            (
                r#"{"sha256": 1}"#,
                "sha256: invalid type: integer `1`, expected a string.",
            ),
            (
                r#"{"rate_limit": {"requests": "many"}}"#,
                "rate_limit.requests: invalid type: string \"many\", expected i64.",
            ),
        ] {
            assert_eq!(wrong(text), told);
        }
        assert!(wrong(r#"{"colour": "red"}"#).starts_with("colour: unknown field"));
        assert!(wrong(r#"{"sha256": "x"#).starts_with("this is not JSON: EOF"));
        let twice = format!(r#"{{"sha256": "{HEX}", "prefix": "old_a1", "name": "A"}} true"#);
        assert_eq!(wrong(&twice), "this is not JSON: trailing characters.");
    }

    #[test]
    fn a_digest_is_64_hexadecimal_digits_of_either_case() {
        let digest = read_digest(HEX).unwrap();
        assert_eq!(digest, KeyDigest::of("foo"));
        assert_eq!(read_digest(&HEX.to_uppercase()).unwrap(), digest);
        for wrong in [
            "",
            &HEX[1..],
            &format!("{HEX}0"),
            &HEX.replace('2', "g"),
            &"é".repeat(32),
        ] {
            assert!(read_digest(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_prefix_is_short_and_visible_and_never_the_key_itself() {
        for good in ["old_", "mk_live_a1b2c3", &"x".repeat(20)] {
            assert!(check_prefix(good, None).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "old",
            "old key",
            "old\tkey",
            "clé_a1b2",
            &"x".repeat(41),
        ] {
            assert!(check_prefix(wrong, None).is_err(), "{wrong}");
        }
        let whole = "old_and_short";
        assert!(check_prefix(whole, Some(&KeyDigest::of(whole))).is_err());
        assert!(check_prefix(&whole[..8], Some(&KeyDigest::of(whole))).is_ok());
    }

    #[test]
    fn a_key_was_made_in_the_past() {
        let now = time::macros::datetime!(2026-11-20 12:00);
        assert_eq!(read_past(None, now), Some(now));
        let earlier = read_past(Some("2025-01-31T13:00:00+01:00"), now);
        assert_eq!(earlier, Some(time::macros::datetime!(2025-01-31 12:00)));
        for wrong in [
            "2027-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "yesterday",
            "",
        ] {
            assert_eq!(read_past(Some(wrong), now), None, "{wrong}");
        }
    }

    #[test]
    fn control_characters_do_not_get_out() {
        assert_eq!(without_controls("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
