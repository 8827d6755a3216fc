//! A key in JSON, as programs get it.

use serde::Serialize;

use crate::clock::{UtcTime, rfc3339};
use crate::key::{Environment, Key, KeyState};

/// A key in JSON. The secret is not part of it.
#[derive(Debug, Serialize)]
pub struct KeyJson<'a> {
    id: i64,
    name: &'a str,
    key_prefix: &'a str,
    project: &'a str,
    environment: Environment,
    scopes: &'a [String],
    is_active: bool,
    state: &'static str,
    created_at: String,
    created_by: &'a str,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    last_used_ip: Option<&'a str>,
    rate_limit: Option<RateLimitJson>,
    allowed_ips: Vec<String>,
    revoked_at: Option<String>,
    revoked_by: Option<&'a str>,
    revoke_reason: Option<&'static str>,
    replaces: Option<i64>,
    replaced_by: Option<i64>,
}

#[derive(Debug, Serialize)]
struct RateLimitJson {
    requests: i64,
    seconds: i64,
}

impl<'a> KeyJson<'a> {
    /// `key` of the project with this slug, at the time `now`.
    pub fn new(key: &'a Key, project: &'a str, now: UtcTime) -> Self {
        let state = match key.state(now) {
            // Dormant is a hint to people, not a state a program acts on.
            KeyState::Dormant => KeyState::Active,
            state => state,
        };
        let revocation = key.revocation.as_ref();
        let limit = key.rate_limit;
        KeyJson {
            id: key.id,
            name: &key.label,
            key_prefix: &key.prefix,
            project,
            environment: key.environment,
            scopes: &key.scopes,
            is_active: key.is_active(now),
            state: state.as_str(),
            created_at: rfc3339(key.created_at),
            created_by: &key.created_by,
            expires_at: key.expires_at.map(rfc3339),
            last_used_at: key.last_use.as_ref().map(|last| rfc3339(last.at)),
            last_used_ip: key.last_use.as_ref().and_then(|last| last.ip.as_deref()),
            rate_limit: limit.map(|limit| RateLimitJson {
                requests: limit.requests,
                seconds: limit.seconds,
            }),
            allowed_ips: key.allowed_ips.iter().map(ToString::to_string).collect(),
            revoked_at: revocation.map(|revocation| rfc3339(revocation.at)),
            revoked_by: revocation.map(|revocation| revocation.by.as_str()),
            revoke_reason: revocation.map(|revocation| revocation.reason.as_str()),
            replaces: key.replaces,
            replaced_by: key.replaced_by,
        }
    }

    /// The JSON on one line.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers")
    }
}
