//! A key before an entry of the audit log.

use serde_json::{Map, Value};

use crate::clock::{UtcTime, parse_rfc3339};
use crate::network;
use crate::records::key::EXPIRING;
use crate::records::{AuditEntry, Key, KeyState, RateLimit};

/// A key as it was. What it was used for is not in the audit log, and so not part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastKey {
    /// The key. Its last use and version are those of now.
    pub key: Key,
    /// What can't be told, by the names of its fields: the entry that changed it doesn't say what was
    /// before, as entries of earlier versions of Keyward don't.
    pub unknown: Vec<&'static str>,
}

impl PastKey {
    /// A key as it is.
    pub fn now(key: Key) -> Self {
        PastKey {
            key,
            unknown: Vec::new(),
        }
    }

    /// Undoes what `entry`, which is about this key, says. Returns false if the key was not there
    /// before.
    pub fn undo(&mut self, entry: &AuditEntry) -> bool {
        let details: Map<String, Value> = serde_json::from_str(&entry.details).unwrap_or_default();
        let is_old_one = entry.key_id == Some(self.key.id);
        match entry.action.as_str() {
            "key.created" => return !is_old_one,
            // `key.replaced` is what earlier versions wrote.
            "key.rotated" | "key.replaced" if !is_old_one => return false,
            "key.rotated" | "key.replaced" => {
                self.key.replaced_by = None;
                match details.get("replaced_expires_at") {
                    Some(before) => self.key.expires_at = time(before),
                    None => self.unknown.push("expires_at"),
                }
            }
            "key.revoked" => self.key.revocation = None,
            "key.edited" => {
                if let Some(Value::Object(changes)) = details.get("changes") {
                    changes
                        .iter()
                        .for_each(|(name, change)| self.undo_change(name, &change[0]));
                }
            }
            _ => {}
        }
        true
    }

    fn undo_change(&mut self, name: &str, before: &Value) {
        let key = &mut self.key;
        let text = || before.as_str().map(str::to_owned);
        let texts = || {
            let all = before.as_array().into_iter().flatten();
            all.filter_map(Value::as_str)
        };
        match name {
            "label" => key.label = text().unwrap_or_default(),
            "scopes" => key.scopes = texts().map(str::to_owned).collect(),
            "expires_at" => {
                key.expires_at = time(before);
                self.unknown.retain(|one| *one != "expires_at");
            }
            "rate_limit" => key.rate_limit = limit(before),
            "allowed_ips" => key.allowed_ips = texts().filter_map(network::parse).collect(),
            "consumer" => key.consumer = text(),
            "owner" => key.owner = text(),
            "metadata" => key.metadata = before.as_object().cloned().unwrap_or_default(),
            _ => {}
        }
    }

    /// The state it was in just before the time `end`. Whether it was dormant is not known.
    pub fn state(&self, end: UtcTime) -> KeyState {
        let expires = self.key.expires_at;
        if self.key.revocation.is_some() {
            KeyState::Revoked
        } else if expires.is_some_and(|expiry| expiry < end) {
            KeyState::Expired
        } else if expires.is_some_and(|expiry| expiry <= end + EXPIRING) {
            KeyState::Expiring
        } else {
            KeyState::Active
        }
    }
}

fn time(value: &Value) -> Option<UtcTime> {
    value.as_str().and_then(parse_rfc3339)
}

fn limit(value: &Value) -> Option<RateLimit> {
    Some(RateLimit {
        requests: value.get("requests")?.as_i64()?,
        seconds: value.get("seconds")?.as_i64()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn entry(action: &str, details: &Value) -> AuditEntry {
        AuditEntry {
            id: 7,
            at: datetime!(2026-11-20 12:00),
            actor: "ana@example.com".into(),
            actor_id: Some(1),
            action: action.into(),
            subject: "Checkout".into(),
            project_id: Some(1),
            key_id: Some(1),
            related_key_id: None,
            details: details.to_string(),
            client_ip: None,
            user_agent: None,
            request_id: None,
        }
    }

    #[test]
    fn an_edit_is_undone_field_by_field() {
        let changes = json!({"changes": {
            "label": ["Before", "Checkout"],
            "scopes": [["a", "b"], []],
            "expires_at": ["2027-01-01T00:00:00Z", null],
            "rate_limit": [{"requests": 5, "seconds": 9}, null],
            "allowed_ips": [["203.0.113.0/24"], []],
            "consumer": ["tenant-42", null],
            "owner": [null, "ana@example.com"],
            "metadata": [{"plan": "pro"}, {}],
        }});
        let mut past = PastKey::now(Key::example());
        assert!(past.undo(&entry("key.edited", &changes)));
        let key = past.key;
        assert_eq!(
            (key.label.as_str(), &*key.scopes),
            ("Before", &["a".to_owned(), "b".to_owned()][..])
        );
        assert_eq!(key.expires_at, Some(datetime!(2027-01-01 0:00)));
        let limit = RateLimit {
            requests: 5,
            seconds: 9,
        };
        assert_eq!(key.rate_limit, Some(limit));
        assert_eq!(key.allowed_ips[0].to_string(), "203.0.113.0/24");
        assert_eq!(
            (key.consumer.as_deref(), key.owner),
            (Some("tenant-42"), None)
        );
        assert_eq!(key.metadata["plan"], "pro");
    }

    #[test]
    fn a_rotation_leaves_the_old_key_and_takes_the_new_one() {
        let rotated = json!({"replaced_expires_at": null});
        let mut old = PastKey::now(Key {
            replaced_by: Some(2),
            expires_at: Some(datetime!(2026-11-21 0:00)),
            ..Key::example()
        });
        let entry_of = |details: &Value| AuditEntry {
            related_key_id: Some(2),
            ..entry("key.rotated", details)
        };
        let earlier = old.clone();
        assert!(old.undo(&entry_of(&rotated)));
        assert_eq!((old.key.replaced_by, old.key.expires_at), (None, None));
        let mut old = earlier;
        assert!(old.undo(&entry_of(&json!({}))));
        assert_eq!(old.unknown, ["expires_at"]);
        let mut new = PastKey::now(Key {
            id: 2,
            ..Key::example()
        });
        assert!(!new.undo(&entry_of(&rotated)));
    }
}
