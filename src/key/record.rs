//! A key as it is kept, and the state it is in.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use time::Duration;

use super::Environment;
use crate::clock::UtcTime;

/// A key with at most this long to live is expiring.
pub const EXPIRING: Duration = Duration::days(7);
/// An active key unused for this long is dormant.
pub const DORMANT: Duration = Duration::days(90);

/// Everything that is kept of a key, except its digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub id: i64,
    pub project_id: i64,
    pub label: String,
    pub prefix: String,
    pub environment: Environment,
    pub scopes: Vec<String>,
    pub expires_at: Option<UtcTime>,
    pub rate_limit: Option<RateLimit>,
    /// Networks the key may be used from; empty is anywhere.
    pub allowed_ips: Vec<IpNet>,
    pub created_at: UtcTime,
    pub created_by: String,
    pub revocation: Option<Revocation>,
    pub replaces: Option<i64>,
    pub replaced_by: Option<i64>,
    pub last_use: Option<LastUse>,
    /// Rises with every edit.
    pub version: i64,
}

/// `requests` at once, and then one whenever its share of `seconds` is over (GCRA).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    pub requests: i64,
    pub seconds: i64,
}

/// When a key last passed a verification, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    pub at: UtcTime,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

/// The end of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub at: UtcTime,
    pub by: String,
    pub reason: RevokeReason,
    pub note: Option<String>,
}

/// Why a key was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeReason {
    Compromised,
    Unused,
    Rotated,
    Other,
}

impl RevokeReason {
    pub const ALL: [RevokeReason; 4] = [
        RevokeReason::Compromised,
        RevokeReason::Unused,
        RevokeReason::Rotated,
        RevokeReason::Other,
    ];

    /// The word in forms, JSON and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            RevokeReason::Compromised => "compromised",
            RevokeReason::Unused => "unused",
            RevokeReason::Rotated => "rotated",
            RevokeReason::Other => "other",
        }
    }

    /// The words on pages.
    pub fn title(self) -> &'static str {
        match self {
            RevokeReason::Compromised => "Compromised",
            RevokeReason::Unused => "No longer used",
            RevokeReason::Rotated => "Rotated",
            RevokeReason::Other => "Other",
        }
    }
}

impl fmt::Display for RevokeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text named no reason.
#[derive(Debug, thiserror::Error)]
#[error("a reason is compromised, unused, rotated or other")]
pub struct UnknownReason;

impl FromStr for RevokeReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        RevokeReason::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or(UnknownReason)
    }
}

/// Where a key is in its life. Dormant keys are active ones that nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Active,
    Dormant,
    Expiring,
    Expired,
    Revoked,
}

impl KeyState {
    pub const ALL: [KeyState; 5] = [
        KeyState::Active,
        KeyState::Dormant,
        KeyState::Expiring,
        KeyState::Expired,
        KeyState::Revoked,
    ];

    /// The word in URLs and class names.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyState::Active => "active",
            KeyState::Dormant => "dormant",
            KeyState::Expiring => "expiring",
            KeyState::Expired => "expired",
            KeyState::Revoked => "revoked",
        }
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            KeyState::Active => "Active",
            KeyState::Dormant => "Dormant",
            KeyState::Expiring => "Expiring",
            KeyState::Expired => "Expired",
            KeyState::Revoked => "Revoked",
        }
    }
}

/// The text named no state.
#[derive(Debug, thiserror::Error)]
#[error("a state is active, dormant, expiring, expired or revoked")]
pub struct UnknownState;

impl FromStr for KeyState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        KeyState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownState)
    }
}

impl Key {
    /// The state at the time `now`.
    pub fn state(&self, now: UtcTime) -> KeyState {
        let quiet_since = self
            .last_use
            .as_ref()
            .map_or(self.created_at, |last| last.at);
        if self.revocation.is_some() {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|expiry| expiry <= now) {
            KeyState::Expired
        } else if self
            .expires_at
            .is_some_and(|expiry| expiry <= now + EXPIRING)
        {
            KeyState::Expiring
        } else if quiet_since <= now - DORMANT {
            KeyState::Dormant
        } else {
            KeyState::Active
        }
    }

    /// Whether a verification may still let it pass at the time `now`.
    pub fn is_active(&self, now: UtcTime) -> bool {
        !matches!(self.state(now), KeyState::Revoked | KeyState::Expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    fn key() -> Key {
        Key {
            id: 1,
            project_id: 1,
            label: "Checkout".into(),
            prefix: "mk_live_a1b2c3".into(),
            environment: Environment::Live,
            scopes: vec![],
            expires_at: None,
            rate_limit: None,
            allowed_ips: vec![],
            created_at: NOW - Duration::days(1),
            created_by: "ana@example.com".into(),
            revocation: None,
            replaces: None,
            replaced_by: None,
            last_use: None,
            version: 1,
        }
    }

    #[test]
    fn a_key_is_expiring_for_its_last_seven_days() {
        let until = |expiry| {
            Key {
                expires_at: Some(expiry),
                ..key()
            }
            .state(NOW)
        };
        assert_eq!(until(NOW + EXPIRING + Duration::SECOND), KeyState::Active);
        assert_eq!(until(NOW + EXPIRING), KeyState::Expiring);
        assert_eq!(until(NOW), KeyState::Expired);
    }

    #[test]
    fn a_key_is_dormant_after_ninety_quiet_days() {
        let old = Key {
            created_at: NOW - DORMANT,
            ..key()
        };
        assert_eq!(old.state(NOW), KeyState::Dormant);
        let last_use = Some(LastUse {
            at: NOW - Duration::days(2),
            ip: None,
            user_agent: None,
        });
        assert_eq!(Key { last_use, ..old }.state(NOW), KeyState::Active);
    }
}
