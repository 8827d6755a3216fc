//! A key as it is stored, and the state it is in.

use ipnet::IpNet;
use keyward_key::Environment;
use serde_json::{Map, Value};
use strum::VariantArray;
use time::Duration;

use crate::clock::UtcTime;

/// A key with at most this much time left is expiring.
pub const EXPIRING: Duration = Duration::days(7);
/// An active key unused for this long is dormant.
pub const DORMANT: Duration = Duration::days(90);

/// A key that ended is still tried if it was presented within this time.
pub const STILL_TRIED: Duration = Duration::days(30);

/// Everything that is stored about a key, except its digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Unique across all projects, and never reused.
    pub id: i64,
    /// The project it belongs to. Never changes.
    pub project_id: i64,
    /// What people call it; not unique.
    pub label: String,
    /// The start of the secret, kept in clear so that people recognise the key.
    pub prefix: String,
    /// Never changes.
    pub environment: Environment,
    /// Names from the project's catalogue; `*` is every scope.
    pub scopes: Vec<String>,
    /// When it stops working; `None` never expires.
    pub expires_at: Option<UtcTime>,
    /// `None` applies the project's limit.
    pub rate_limit: Option<RateLimit>,
    /// Networks the key may be used from; empty allows any address.
    pub allowed_ips: Vec<IpNet>,
    /// Who calls with it: a customer's or tenant's id, or a service's name. Passed on to services.
    pub consumer: Option<String>,
    /// For the service behind it: a plan, a region, flags. Empty unless somebody wrote some.
    pub metadata: Map<String, Value>,
    /// The email of the person who answers for it: its creator at first. `None` if nobody ever did.
    pub owner: Option<String>,
    /// For an imported key, when the other system created it, if the import says so.
    pub created_at: UtcTime,
    /// An email, or `command line`.
    pub created_by: String,
    /// `None` until it is revoked. Revocation is final.
    pub revocation: Option<Revocation>,
    /// The key that it was rotated from, if any.
    pub replaces: Option<i64>,
    /// The key that it was rotated to, if any.
    pub replaced_by: Option<i64>,
    /// `None` if it never passed a verification. Written once a second, so it may lag.
    pub last_use: Option<LastUse>,
    /// When it was last presented after it had ended. Written once a second, so it may lag.
    pub tried_at: Option<UtcTime>,
    /// Rises with every edit.
    pub version: i64,
    /// Whether the instance that read it refuses it as expired, whatever the time: it did so while a
    /// clock was ahead.
    pub refused_as_expired: bool,
}

/// What can be chosen for a key at creation, and edited later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTerms {
    /// See [`Key::label`].
    pub label: String,
    /// See [`Key::scopes`].
    pub scopes: Vec<String>,
    /// See [`Key::expires_at`].
    pub expires_at: Option<UtcTime>,
    /// See [`Key::rate_limit`].
    pub rate_limit: Option<RateLimit>,
    /// See [`Key::allowed_ips`].
    pub allowed_ips: Vec<IpNet>,
    /// See [`Key::consumer`].
    pub consumer: Option<String>,
    /// See [`Key::metadata`].
    pub metadata: Map<String, Value>,
    /// See [`Key::owner`].
    pub owner: Option<String>,
}

impl From<&Key> for KeyTerms {
    fn from(key: &Key) -> Self {
        KeyTerms {
            label: key.label.clone(),
            scopes: key.scopes.clone(),
            expires_at: key.expires_at,
            rate_limit: key.rate_limit,
            allowed_ips: key.allowed_ips.clone(),
            consumer: key.consumer.clone(),
            metadata: key.metadata.clone(),
            owner: key.owner.clone(),
        }
    }
}

/// Allows `requests` at once, then one more every `seconds / requests` seconds (GCRA).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// The largest burst, 1 to 1,000,000.
    pub requests: i64,
    /// How long a full burst takes to become available again, 1 to 86,400.
    pub seconds: i64,
}

/// When a key last passed a verification, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// By the clock of the instance that answered.
    pub at: UtcTime,
    /// The client's address; `None` if it is not known.
    pub ip: Option<String>,
    /// Cut to 200 characters; `None` if the request had none.
    pub user_agent: Option<String>,
}

/// When, by whom and why a key was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Never changes once it is set.
    pub at: UtcTime,
    /// An email, `command line`, or `Keyward`.
    pub by: String,
    /// [`RevokeReason::Other`] requires a note.
    pub reason: RevokeReason,
    /// More about the reason, in a few words.
    pub note: Option<String>,
}

/// Why a key was revoked.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(
    serialize_all = "lowercase",
    parse_err_ty = UnknownReason,
    parse_err_fn = UnknownReason::new
)]
pub enum RevokeReason {
    /// Somebody has the secret who should not.
    Compromised,
    /// Nobody needs it any more.
    Unused,
    /// Another key took its place.
    Rotated,
    /// See the note.
    Other,
}

impl RevokeReason {
    /// All of them, in the order in which pages offer them.
    pub const ALL: &[RevokeReason] = RevokeReason::VARIANTS;

    /// The word in forms, JSON and the database.
    pub fn as_str(self) -> &'static str {
        self.into()
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

/// The text is not the name of a reason.
#[derive(Debug, thiserror::Error)]
#[error("a reason is compromised, unused, rotated or other")]
pub struct UnknownReason;

impl UnknownReason {
    fn new(_: &str) -> Self {
        UnknownReason
    }
}

/// Where a key is in its lifecycle. Dormant keys are active ones that nobody uses.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(
    serialize_all = "lowercase",
    parse_err_ty = UnknownState,
    parse_err_fn = UnknownState::new
)]
pub enum KeyState {
    /// It can pass a verification.
    Active,
    /// Active, and unused for [`DORMANT`].
    Dormant,
    /// Active, with at most [`EXPIRING`] left.
    Expiring,
    /// Its expiry has passed.
    Expired,
    /// It was revoked, for good.
    Revoked,
}

impl KeyState {
    /// All of them, in the order in which pages offer them.
    pub const ALL: &[KeyState] = KeyState::VARIANTS;

    /// The word in URLs and class names.
    pub fn as_str(self) -> &'static str {
        self.into()
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

/// The text is not the name of a state.
#[derive(Debug, thiserror::Error)]
#[error("a state is active, dormant, expiring, expired or revoked")]
pub struct UnknownState;

impl UnknownState {
    fn new(_: &str) -> Self {
        UnknownState
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
        } else if self.refused_as_expired || self.expires_at.is_some_and(|expiry| expiry <= now) {
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

    /// When it ended: was revoked, or expired, whichever came first; `None` if it has not, as far as
    /// the time goes.
    pub fn ended_at(&self, now: UtcTime) -> Option<UtcTime> {
        let revoked = self.revocation.as_ref().map(|revocation| revocation.at);
        let expired = self.expires_at.filter(|expiry| *expiry <= now);
        revoked.into_iter().chain(expired).min()
    }

    /// When it was last presented since it ended, if that is not long ago at the time `now`.
    pub fn still_tried(&self, now: UtcTime) -> Option<UtcTime> {
        let ended = self.ended_at(now)?;
        self.tried_at
            .filter(|tried| *tried >= ended && *tried > now - STILL_TRIED)
    }

    /// Whether it can still pass a verification at the time `now`.
    pub fn is_active(&self, now: UtcTime) -> bool {
        !matches!(self.state(now), KeyState::Revoked | KeyState::Expired)
    }
}

#[cfg(test)]
impl Key {
    /// An active key without an expiry, created on 2026-11-19.
    pub fn example() -> Self {
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
            consumer: None,
            metadata: Map::new(),
            owner: Some("ana@example.com".into()),
            created_at: time::macros::datetime!(2026-11-19 12:00),
            created_by: "ana@example.com".into(),
            revocation: None,
            replaces: None,
            replaced_by: None,
            last_use: None,
            tried_at: None,
            version: 1,
            refused_as_expired: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    #[test]
    fn a_key_is_expiring_for_its_last_seven_days() {
        let until = |expiry| {
            Key {
                expires_at: Some(expiry),
                ..Key::example()
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
            ..Key::example()
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
