//! What an answer is given on.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::clock::{UtcTime, rfc3339};
use crate::db::{AnyConnection, DbError, usage};
use crate::records::{Key, Project};

/// How far back requests are counted.
const LATELY: Duration = Duration::days(90);

/// What a review's page shows of a key, and keeps with the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The slug of its project.
    pub project: String,
    /// See [`Key::label`].
    pub label: String,
    /// See [`Key::prefix`].
    pub key_prefix: String,
    /// See [`Key::owner`].
    pub owner: Option<String>,
    /// See [`Key::scopes`].
    pub scopes: Vec<String>,
    /// In RFC 3339.
    pub created_at: String,
    /// In RFC 3339; `None` is never.
    pub expires_at: Option<String>,
    /// When it last passed, in RFC 3339; `None` is never.
    pub last_used_at: Option<String>,
    /// How many requests passed in the last 90 days.
    pub passed_90_days: i64,
    /// Its state: `active`, `expiring`, `expired`, `revoked` or `dormant`.
    pub state: String,
}

impl Evidence {
    /// What is known of `key` of `project` at the time `now`.
    pub(super) fn of(
        conn: &mut AnyConnection,
        project: &Project,
        key: &Key,
        now: UtcTime,
    ) -> Result<Self, DbError> {
        let counts = usage::of_key(conn, key.id, now - LATELY)?;
        let passed = counts.iter().filter(|(_, outcome, _)| outcome == "VALID");
        Ok(Evidence {
            project: project.slug.clone(),
            label: key.label.clone(),
            key_prefix: key.prefix.clone(),
            owner: key.owner.clone(),
            scopes: key.scopes.clone(),
            created_at: rfc3339(key.created_at),
            expires_at: key.expires_at.map(rfc3339),
            last_used_at: key.last_use.as_ref().map(|last| rfc3339(last.at)),
            passed_90_days: passed.map(|(.., requests)| requests).sum(),
            state: key.state(now).as_str().to_owned(),
        })
    }

    /// As it is kept.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As it was kept.
    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }
}
