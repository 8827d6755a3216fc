//! A key in JSON, as programs get it.

use keyward_key::Environment;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;

use super::schema::{one_of, one_of_or_null};
use crate::clock::{UtcTime, rfc3339};
use crate::records::{Key, KeyState, Project, RateLimit, RevokeReason};

/// A key. The secret is not part of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyJson<'a> {
    #[schema(examples(1))]
    id: i64,
    /// The label.
    #[schema(value_type = String, examples("Production Backend"))]
    name: &'a str,
    /// The first characters of the secret, to recognise it by.
    #[schema(value_type = String, examples("mk_live_a1b2c3"))]
    key_prefix: &'a str,
    /// The slug of its project.
    #[schema(value_type = String, examples("default"))]
    project: &'a str,
    #[schema(schema_with = environment_schema)]
    environment: Environment,
    /// `*` is every scope, also those added later.
    #[schema(value_type = Vec<String>, examples("read:assets"))]
    scopes: &'a [String],
    /// Whether it still passes: neither revoked nor expired, in a project that is not archived.
    is_active: bool,
    #[schema(schema_with = state_schema)]
    state: &'static str,
    #[schema(value_type = String, format = DateTime, examples("2026-11-20T22:55:28Z"))]
    created_at: String,
    /// An email, or `command line`.
    #[schema(value_type = String, examples("ana@example.com"))]
    created_by: &'a str,
    /// Null is never.
    #[schema(required, value_type = Option<String>, format = DateTime,
        examples("2027-11-20T22:55:28Z"))]
    expires_at: Option<String>,
    /// When it last passed a verification.
    #[schema(required, value_type = Option<String>, format = DateTime,
        examples("2026-12-01T08:00:00Z"))]
    last_used_at: Option<String>,
    #[schema(required, value_type = Option<String>, examples("203.0.113.7"))]
    last_used_ip: Option<&'a str>,
    /// Null is the project's.
    #[schema(required)]
    rate_limit: Option<RateLimitJson>,
    /// The networks it may be used from; none is anywhere.
    #[schema(examples("203.0.113.0/24"))]
    allowed_ips: Vec<String>,
    /// Who calls with it: a customer's or tenant's id, or a service's name.
    #[schema(required, value_type = Option<String>, examples("tenant-42"))]
    consumer: Option<&'a str>,
    /// For the service behind it: a plan, a region, flags.
    #[schema(value_type = Object, examples(json!({"plan": "pro"})))]
    metadata: &'a Map<String, Value>,
    /// The email of the person who answers for it: its creator at first. Null if nobody ever did.
    #[schema(required, value_type = Option<String>, examples("ana@example.com"))]
    owner: Option<&'a str>,
    /// Null for a key that ended with its project.
    #[schema(required, value_type = Option<String>, format = DateTime,
        examples("2026-12-01T08:00:00Z"))]
    revoked_at: Option<String>,
    #[schema(required, value_type = Option<String>, examples("ben@example.com"))]
    revoked_by: Option<&'a str>,
    #[schema(required, schema_with = revoke_reason_schema)]
    revoke_reason: Option<&'static str>,
    /// The key it took the place of.
    #[schema(required)]
    replaces: Option<i64>,
    /// The key that took its place.
    #[schema(required)]
    replaced_by: Option<i64>,
}

/// A key that was just made, and its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey)]
pub struct NewKeyJson<'a> {
    #[serde(flatten)]
    of: KeyJson<'a>,
    /// The secret. It is told this once, and not when a call is repeated.
    #[schema(value_type = Option<String>, nullable = false, examples("mk_live_…"))]
    key: &'a str,
}

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RateLimit)]
pub struct RateLimitJson {
    #[schema(minimum = 1, maximum = 1_000_000, examples(600))]
    pub requests: i64,
    #[schema(minimum = 1, maximum = 86_400, examples(60))]
    pub seconds: i64,
}

impl From<RateLimit> for RateLimitJson {
    fn from(limit: RateLimit) -> Self {
        RateLimitJson {
            requests: limit.requests,
            seconds: limit.seconds,
        }
    }
}

impl From<RateLimitJson> for RateLimit {
    fn from(limit: RateLimitJson) -> Self {
        RateLimit {
            requests: limit.requests,
            seconds: limit.seconds,
        }
    }
}

impl<'a> KeyJson<'a> {
    /// Describes `key` of `project` at the time `now`. If the project is archived, its keys count as
    /// revoked.
    pub fn new(key: &'a Key, project: &'a Project, now: UtcTime) -> Self {
        let is_active = key.is_active(now) && project.archived_at.is_none();
        let state = match key.state(now) {
            _ if project.archived_at.is_some() => KeyState::Revoked,
            // Dormant is a hint to people, not a state a program acts on.
            KeyState::Dormant => KeyState::Active,
            state => state,
        };
        let revocation = key.revocation.as_ref();
        KeyJson {
            id: key.id,
            name: &key.label,
            key_prefix: &key.prefix,
            project: &project.slug,
            environment: key.environment,
            scopes: &key.scopes,
            is_active,
            state: state.as_str(),
            created_at: rfc3339(key.created_at),
            created_by: &key.created_by,
            expires_at: key.expires_at.map(rfc3339),
            last_used_at: key.last_use.as_ref().map(|last| rfc3339(last.at)),
            last_used_ip: key.last_use.as_ref().and_then(|last| last.ip.as_deref()),
            rate_limit: key.rate_limit.map(RateLimitJson::from),
            allowed_ips: key.allowed_ips.iter().map(ToString::to_string).collect(),
            consumer: key.consumer.as_deref(),
            metadata: &key.metadata,
            owner: key.owner.as_deref(),
            revoked_at: revocation.map(|revocation| rfc3339(revocation.at)),
            revoked_by: revocation.map(|revocation| revocation.by.as_str()),
            revoke_reason: revocation.map(|revocation| revocation.reason.as_str()),
            replaces: key.replaces,
            replaced_by: key.replaced_by,
        }
    }

    /// The word for its state.
    pub fn state(&self) -> &'static str {
        self.state
    }

    /// Adds the secret.
    pub fn with_secret(self, secret: &'a str) -> NewKeyJson<'a> {
        NewKeyJson {
            of: self,
            key: secret,
        }
    }
}

fn environment_schema() -> ObjectBuilder {
    let words = Environment::ALL.iter().map(|one| one.as_str());
    one_of(words, "What its secret begins with says it too.")
}

fn state_schema() -> ObjectBuilder {
    let states = KeyState::ALL
        .iter()
        .copied()
        .filter(|state| *state != KeyState::Dormant);
    let words = states.map(KeyState::as_str);
    one_of(words, "Expiring is active, with seven days left at most.")
}

fn revoke_reason_schema() -> ObjectBuilder {
    let words = RevokeReason::ALL.iter().map(|reason| reason.as_str());
    one_of_or_null(words, "Why it was revoked.")
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use time::Duration;
    use time::macros::datetime;
    use utoipa::PartialSchema;

    use super::*;

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    #[test]
    fn the_schema_names_what_the_json_has() {
        let schema = serde_json::to_value(KeyJson::schema()).unwrap();
        let properties = &schema["properties"];
        assert_eq!(properties["created_at"]["format"], "date-time");
        assert_eq!(
            properties["expires_at"]["type"],
            serde_json::json!(["string", "null"])
        );
        assert_eq!(
            properties["state"]["enum"],
            serde_json::json!(["active", "expiring", "expired", "revoked"])
        );
        assert_eq!(
            properties["revoke_reason"]["enum"],
            serde_json::json!(["compromised", "unused", "rotated", "other", null])
        );
        let named = properties.as_object().unwrap().len();
        assert_eq!(schema["required"].as_array().unwrap().len(), named);
    }

    #[test]
    fn a_limit_is_the_same_there_and_back() {
        let limit = RateLimit {
            requests: 600,
            seconds: 60,
        };
        assert_eq!(RateLimit::from(RateLimitJson::from(limit)), limit);
        let unknown = r#"{"requests": 1, "seconds": 1, "days": 1}"#;
        assert!(serde_json::from_str::<RateLimitJson>(unknown).is_err());
    }

    #[test]
    fn a_new_key_has_its_secret_beside_everything_else() {
        let json = NewKeyJson {
            of: sample(),
            key: "mk_live_secret",
        };
        let json = serde_json::to_value(json).unwrap();
        assert_eq!(json["key"], "mk_live_secret");
        assert_eq!(json["id"], 7);
        assert_eq!(json["created_at"], rfc3339(NOW - Duration::DAY));
    }

    fn sample() -> KeyJson<'static> {
        static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        KeyJson {
            id: 7,
            name: "Checkout",
            key_prefix: "mk_live_a1b2c3",
            project: "default",
            environment: Environment::Live,
            scopes: &[],
            is_active: true,
            state: "active",
            created_at: rfc3339(NOW - Duration::DAY),
            created_by: "ana@example.com",
            expires_at: None,
            last_used_at: None,
            last_used_ip: None,
            rate_limit: None,
            allowed_ips: vec![],
            consumer: None,
            metadata: &NOTHING,
            owner: None,
            revoked_at: None,
            revoked_by: None,
            revoke_reason: None,
            replaces: None,
            replaced_by: None,
        }
    }
}
