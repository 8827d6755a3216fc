//! A requested key, and the checks on it.

use ipnet::IpNet;
use keyward_key::scope;
use serde_json::{Map, Value};
use time::Duration;

use super::owner;
use crate::clock::UtcTime;
use crate::domain::{FieldError, rate_limit, text};
use crate::network;
use crate::records::{Key, KeyTerms, RateLimit, Scope};

/// The most scopes of a key: all of a full catalogue.
const MAX_SCOPES: usize = 500;
/// The most networks that a key can list.
const MAX_NETWORKS: usize = 50;
/// The most members of a key's metadata.
const MAX_MEMBERS: usize = 50;
/// The most bytes of a key's metadata, as JSON without white space.
const MAX_METADATA: usize = 4_096;
/// The last year in which a key can expire, so that years keep four digits.
const LAST_YEAR: i32 = 9_000;

/// The terms of a key, as a form or a request gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyDraft {
    /// 1 to 100 characters once outer spaces are removed.
    pub label: String,
    /// At least one; `*` is every scope. Repeated names are dropped.
    pub scopes: Vec<String>,
    /// `None` never expires; refused if the project limits lifetimes.
    pub expires_at: Option<UtcTime>,
    /// `None` applies the project's limit.
    pub rate_limit: Option<RateLimit>,
    /// Addresses or networks in CIDR notation (RFC 4632, RFC 4291); empty allows any address.
    pub allowed_ips: Vec<String>,
    /// Who calls with it, at most 255 characters; empty says nothing.
    pub consumer: String,
    /// For the service behind it: at most 50 members and 4 KB.
    pub metadata: Map<String, Value>,
    /// The email of the person who answers for it; empty is nobody. `None` says nothing: then it is
    /// the creator or, of a key that is edited, whoever it was.
    pub owner: Option<String>,
    /// Fields that could not be parsed. The check fails with these and any other errors.
    pub unreadable: Vec<FieldError>,
}

/// What a draft is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The scopes that may be chosen, besides `*`.
    pub catalogue: &'a [Scope],
    /// The longest lifetime in days, counted from creation; `None` is unlimited.
    pub max_lifetime_days: Option<i64>,
    /// The emails of those who can answer for it.
    pub answerable: &'a [String],
    /// Who answers for a new key if the draft says nothing.
    pub creator: Option<&'a str>,
    /// The key being edited; `None` for a new key. Scopes, an expiry and an owner that it already has
    /// may stay even if they could not be chosen now.
    pub key: Option<&'a Key>,
}

impl From<&Key> for KeyDraft {
    /// What `key` has.
    fn from(key: &Key) -> Self {
        KeyDraft {
            label: key.label.clone(),
            scopes: key.scopes.clone(),
            expires_at: key.expires_at,
            rate_limit: key.rate_limit,
            allowed_ips: key.allowed_ips.iter().map(ToString::to_string).collect(),
            consumer: key.consumer.clone().unwrap_or_default(),
            metadata: key.metadata.clone(),
            owner: None,
            unreadable: Vec::new(),
        }
    }
}

impl KeyDraft {
    /// Checks the draft, and returns the terms to write.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(&self, rules: &Rules, now: UtcTime) -> Result<KeyTerms, Vec<FieldError>> {
        let kept = rules.key.map(KeyTerms::from);
        let (catalogue, kept) = (rules.catalogue, kept.as_ref());
        let mut errors = self.unreadable.clone();
        let label = text::tidy(&self.label).unwrap_or_else(|detail| {
            errors.push(FieldError::new("name", detail));
            String::new()
        });
        let scopes = check_scopes(&self.scopes, catalogue, kept, &mut errors);
        let expiry_is_kept = kept.is_some_and(|kept| kept.expires_at == self.expires_at);
        let born = rules.key.map_or(now, |key| key.created_at);
        if !expiry_is_kept
            && let Err(detail) = check_expiry(self.expires_at, rules.max_lifetime_days, born, now)
        {
            errors.push(FieldError::new("expires_at", detail));
        }
        if let Some(limit) = self.rate_limit {
            rate_limit::check(limit, &mut errors);
        }
        let allowed_ips = check_networks(&self.allowed_ips, &mut errors);
        let consumer = text::tidy_consumer(&self.consumer).unwrap_or_else(|detail| {
            errors.push(FieldError::new("consumer", detail));
            None
        });
        check_metadata(&self.metadata, &mut errors);
        let owner = owner::check(self.owner.as_deref(), rules).unwrap_or_else(|detail| {
            errors.push(FieldError::new("owner", detail));
            None
        });
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(KeyTerms {
            label,
            scopes,
            expires_at: self.expires_at,
            rate_limit: self.rate_limit,
            allowed_ips,
            consumer,
            metadata: self.metadata.clone(),
            owner,
        })
    }
}

fn check_metadata(metadata: &Map<String, Value>, errors: &mut Vec<FieldError>) {
    if metadata.len() > MAX_MEMBERS {
        let detail = format!("Use at most {MAX_MEMBERS} members.");
        errors.push(FieldError::new("metadata", detail));
    }
    let length = Value::from(metadata.clone()).to_string().len();
    if length > MAX_METADATA {
        let detail = format!("Use at most {MAX_METADATA} bytes; these are {length}.");
        errors.push(FieldError::new("metadata", detail));
    }
}

fn check_expiry(
    expires_at: Option<UtcTime>,
    max_lifetime_days: Option<i64>,
    born: UtcTime,
    now: UtcTime,
) -> Result<(), String> {
    let latest = max_lifetime_days.and_then(|days| born.checked_add(Duration::days(days)));
    let too_long = latest.is_some_and(|latest| expires_at.is_none_or(|expiry| expiry > latest));
    match expires_at {
        Some(expiry) if expiry <= now => Err("Choose a time in the future.".into()),
        Some(expiry) if expiry.year() > LAST_YEAR => {
            Err("Choose an earlier year, or Never.".into())
        }
        _ if too_long => {
            let days = max_lifetime_days.unwrap_or_default();
            Err(format!("Keys of this project live at most {days} days."))
        }
        _ => Ok(()),
    }
}

fn check_scopes(
    wanted: &[String],
    catalogue: &[Scope],
    kept: Option<&KeyTerms>,
    errors: &mut Vec<FieldError>,
) -> Vec<String> {
    if wanted.len() > MAX_SCOPES {
        let detail = format!("A key has at most {MAX_SCOPES} scopes.");
        errors.push(FieldError::new("scopes", detail));
        return Vec::new();
    }
    let mut scopes: Vec<String> = Vec::new();
    for name in wanted {
        let known = name == scope::EVERY_SCOPE
            || catalogue.iter().any(|scope| scope.name == *name)
            || kept.is_some_and(|kept| kept.scopes.contains(name));
        if !known {
            let shown: String = name.chars().take(scope::MAX_LENGTH).collect();
            errors.push(FieldError::new(
                "scopes",
                format!("This project has no scope {shown}."),
            ));
        } else if !scopes.contains(name) {
            scopes.push(name.clone());
        }
    }
    if wanted.is_empty() {
        errors.push(FieldError::new("scopes", "Choose at least one scope."));
    }
    scopes
}

fn check_networks(wanted: &[String], errors: &mut Vec<FieldError>) -> Vec<IpNet> {
    if wanted.len() > MAX_NETWORKS {
        let detail = format!("Enter at most {MAX_NETWORKS} addresses or networks.");
        errors.push(FieldError::new("allowed_ips", detail));
        return Vec::new();
    }
    let mut networks = Vec::new();
    for written in wanted {
        match network::parse(written) {
            Some(network) if networks.contains(&network) => {}
            Some(network) => networks.push(network),
            None => {
                let shown: String = written.chars().take(50).collect();
                let detail = format!(
                    "{shown} is not an address or a network. Examples: 203.0.113.7, \
                     203.0.113.0/24, 2001:db8::/32."
                );
                errors.push(FieldError::new("allowed_ips", detail));
                return Vec::new();
            }
        }
    }
    networks
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    fn catalogue() -> Vec<Scope> {
        vec![Scope {
            name: "read:assets".into(),
            description: "List assets".into(),
            includes: vec![],
        }]
    }

    fn rules(catalogue: &[Scope]) -> Rules<'_> {
        Rules {
            catalogue,
            max_lifetime_days: None,
            answerable: &[],
            creator: Some("ana@example.com"),
            key: None,
        }
    }

    fn key(expires_at: Option<UtcTime>) -> Key {
        Key {
            scopes: vec!["old:scope".into()],
            expires_at,
            created_at: NOW - Duration::days(10),
            ..Key::example()
        }
    }

    fn good() -> KeyDraft {
        KeyDraft {
            label: " Checkout ".into(),
            scopes: vec!["read:assets".into(), "read:assets".into()],
            expires_at: Some(NOW + Duration::DAY),
            rate_limit: Some(RateLimit {
                requests: 600,
                seconds: 60,
            }),
            allowed_ips: vec![
                "203.0.113.7".into(),
                "10.1.2.3/8".into(),
                "2001:db8::/32".into(),
            ],
            consumer: " tenant-42 ".into(),
            metadata: Map::new(),
            owner: None,
            unreadable: vec![],
        }
    }

    #[test]
    fn a_good_draft_is_tidied() {
        let terms = good().check(&rules(&catalogue()), NOW).unwrap();
        assert_eq!(terms.label, "Checkout");
        assert_eq!(terms.scopes, ["read:assets"]);
        let networks: Vec<String> = terms.allowed_ips.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32"]);
        assert_eq!(terms.consumer.as_deref(), Some("tenant-42"));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let draft = KeyDraft {
            label: "\u{202E}".into(),
            scopes: vec!["delete:all".into()],
            expires_at: Some(NOW),
            rate_limit: Some(RateLimit {
                requests: 0,
                seconds: 90_000,
            }),
            allowed_ips: vec!["localhost".into()],
            consumer: "x".repeat(256),
            metadata: Map::from_iter([("x".to_owned(), Value::from("x".repeat(4_096)))]),
            owner: Some("nobody@example.com".into()),
            unreadable: vec![],
        };
        let errors = draft.check(&rules(&catalogue()), NOW).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| &*error.field).collect();
        let expected = [
            "name",
            "scopes",
            "expires_at",
            "rate_limit.requests",
            "rate_limit.seconds",
            "allowed_ips",
            "consumer",
            "metadata",
            "owner",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_a_key_has_already_may_stay() {
        let key = key(Some(NOW - Duration::DAY));
        let draft = KeyDraft {
            scopes: key.scopes.clone(),
            expires_at: key.expires_at,
            ..good()
        };
        let catalogue = catalogue();
        let edited = Rules {
            key: Some(&key),
            ..rules(&catalogue)
        };
        assert!(draft.check(&edited, NOW).is_ok());
        assert!(draft.check(&rules(&catalogue), NOW).is_err());
    }

    #[test]
    fn a_key_lives_no_longer_than_its_project_allows_counted_from_its_creation() {
        let (catalogue, key) = (catalogue(), key(None));
        let limited = Rules {
            max_lifetime_days: Some(30),
            ..rules(&catalogue)
        };
        let with = |expires_at| KeyDraft {
            expires_at,
            ..good()
        };
        let days = |days| Some(NOW + Duration::days(days));
        assert!(with(days(30)).check(&limited, NOW).is_ok());
        assert!(with(days(31)).check(&limited, NOW).is_err());
        assert!(with(None).check(&limited, NOW).is_err());
        let edited = Rules {
            key: Some(&key),
            ..limited
        };
        // The key is ten days old.
        assert!(with(days(20)).check(&edited, NOW).is_ok());
        assert!(with(days(21)).check(&edited, NOW).is_err());
        assert!(
            with(None).check(&edited, NOW).is_ok(),
            "it never expired before"
        );
    }
}
