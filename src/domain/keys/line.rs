//! One line of an import: a key from another system, as JSON.

use std::fmt;
use std::ops::RangeInclusive;

use keyward_key::{Environment, KeyDigest, scope};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::draft::{KeyDraft, Rules};
use crate::clock::{UtcTime, parse_rfc3339};
use crate::json::RateLimitJson;
use crate::records::{Key, KeyTerms, Project, RateLimit};

const PREFIX_LENGTHS: RangeInclusive<usize> = 4..=40;
/// No key was created before this year.
const FIRST_YEAR: i32 = 1970;

/// A key as a line of JSON describes it, not checked yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sha256: String,
    prefix: String,
    name: String,
    #[serde(default = "every_scope")]
    scopes: Vec<String>,
    #[serde(default = "live", deserialize_with = "never_null")]
    environment: Environment,
    expires_at: Option<String>,
    rate_limit: Option<RateLimitJson>,
    #[serde(default)]
    allowed_ips: Vec<String>,
    consumer: Option<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
    owner: Option<String>,
    created_at: Option<String>,
}

fn every_scope() -> Vec<String> {
    vec![scope::EVERY_SCOPE.to_owned()]
}

fn live() -> Environment {
    Environment::Live
}

/// For a word, whose null would be taken for broken JSON.
fn never_null<'de, D: Deserializer<'de>>(field: D) -> Result<Environment, D::Error> {
    let read = Option::<Environment>::deserialize(field)?;
    read.ok_or_else(|| D::Error::custom("it can't be null"))
}

/// A line that is JSON of the right shape.
pub(super) struct ReadLine {
    pub(super) number: usize,
    /// `None` if the line has no digest.
    pub(super) digest: Option<KeyDigest>,
    line: Line,
}

/// A key whose line passed all checks.
#[derive(Debug)]
pub struct CheckedKey {
    pub(super) line: usize,
    pub(super) digest: KeyDigest,
    pub(super) prefix: String,
    pub(super) environment: Environment,
    pub(super) terms: KeyTerms,
    pub(super) created_at: UtcTime,
    /// The line says when it was created.
    pub(super) is_dated: bool,
}

impl CheckedKey {
    /// What `kept`, the key that is here already, has otherwise than the line says.
    pub(super) fn differences(&self, kept: &Key) -> Vec<&'static str> {
        let scopes = [&self.terms.scopes, &kept.scopes].map(|list| sorted(list));
        let networks = [&self.terms.allowed_ips, &kept.allowed_ips].map(|list| sorted(list));
        let compared = [
            ("prefix", self.prefix == kept.prefix),
            ("name", self.terms.label == kept.label),
            ("scopes", scopes[0] == scopes[1]),
            ("environment", self.environment == kept.environment),
            ("expires_at", self.terms.expires_at == kept.expires_at),
            ("rate_limit", self.terms.rate_limit == kept.rate_limit),
            ("allowed_ips", networks[0] == networks[1]),
            ("consumer", self.terms.consumer == kept.consumer),
            ("metadata", self.terms.metadata == kept.metadata),
            ("owner", self.terms.owner == kept.owner),
            (
                "created_at",
                !self.is_dated || self.created_at == kept.created_at,
            ),
        ];
        let differing = compared.into_iter().filter(|(_, is_same)| !is_same);
        differing.map(|(field, _)| field).collect()
    }
}

fn sorted<T: Ord>(list: &[T]) -> Vec<&T> {
    let mut list: Vec<&T> = list.iter().collect();
    list.sort_unstable();
    list
}

/// A line that can't be imported, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct WrongLine {
    /// Counted from 1.
    pub line: usize,
    /// Sentences that say what is wrong, without control characters.
    pub detail: String,
}

impl WrongLine {
    pub(super) fn new(line: usize, detail: &str) -> Self {
        WrongLine {
            line,
            detail: without_controls(detail),
        }
    }
}

impl fmt::Display for WrongLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.detail)
    }
}

/// Reads a line; what it says is not checked yet.
///
/// # Errors
/// A message that says what is wrong, and with which field.
pub(super) fn read(text: &[u8], number: usize) -> Result<ReadLine, String> {
    let line = parse(text)?;
    let digest = read_digest(&line.sha256);
    Ok(ReadLine {
        number,
        digest,
        line,
    })
}

/// Checks what a line says.
///
/// # Errors
/// Sentences that say what is wrong.
pub(super) fn check(
    read: ReadLine,
    project: &Project,
    rules: &Rules,
    now: UtcTime,
) -> Result<CheckedKey, String> {
    let ReadLine {
        number,
        digest,
        line,
    } = read;
    let mut wrong = Vec::new();
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
        consumer: line.consumer.unwrap_or_default(),
        metadata: line.metadata,
        owner: line.owner,
        unreadable: Vec::new(),
    };
    let terms = draft.check(rules, now).map_err(|errors| {
        let named = errors
            .iter()
            .map(|error| format!("{}: {}", error.field, error.detail));
        wrong.extend(named);
    });
    match (digest, created_at, terms) {
        (Some(digest), Some(created_at), Ok(terms)) if wrong.is_empty() => Ok(CheckedKey {
            line: number,
            digest,
            prefix: line.prefix,
            environment: line.environment,
            terms,
            created_at,
            is_dated: line.created_at.is_some(),
        }),
        _ => Err(wrong.join(" ")),
    }
}

/// Parses a line's JSON.
///
/// # Errors
/// A message that says what is wrong, and with which field.
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
    let message = error.to_string();
    // Drops the position, which is relative to this line.
    let message = message
        .rsplit_once(" at line ")
        .map_or(&*message, |(message, _)| message);
    Err(match error.classify() {
        Category::Data if place == "." => format!("{message}."),
        Category::Data => format!("{place}: {message}."),
        Category::Syntax | Category::Eof | Category::Io => format!("this is not JSON: {message}."),
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

/// Checks the part of a key that is stored in clear.
///
/// # Errors
/// A sentence that says what is wrong.
fn check_prefix(prefix: &str, digest: Option<&KeyDigest>) -> Result<(), &'static str> {
    let visible = prefix.bytes().all(|byte| byte.is_ascii_graphic());
    if !visible || !PREFIX_LENGTHS.contains(&prefix.len()) {
        return Err("Use 4 to 40 visible ASCII characters, without spaces.");
    }
    match digest == Some(&KeyDigest::of(prefix)) {
        true => Err("This is the whole key. Write only how it begins."),
        false => Ok(()),
    }
}

/// The time in `text`, or `now` without one; `None` if it is malformed or has not passed.
fn read_past(text: Option<&str>, now: UtcTime) -> Option<UtcTime> {
    match text {
        None => Some(now),
        Some(text) => parse_rfc3339(text).filter(|at| *at <= now && at.year() >= FIRST_YEAR),
    }
}

/// Replaces control characters, because the message may be printed on a terminal.
fn without_controls(message: &str) -> String {
    message.replace(char::is_control, "\u{fffd}")
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
        for (text, message) in [
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
            assert_eq!(wrong(text), message);
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
