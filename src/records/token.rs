//! A personal token.

use crate::clock::UtcTime;

/// Everything that is stored about a personal token, except its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The database id.
    pub id: i64,
    /// Its owner.
    pub user_id: i64,
    /// The start of the secret, kept in clear so that people recognise the token.
    pub prefix: String,
    /// What its owner calls it.
    pub description: String,
    /// The names of its permissions.
    pub permissions: Vec<String>,
    /// The only project it is valid in; `None` for all.
    pub project_id: Option<i64>,
    /// When it was created.
    pub created_at: UtcTime,
    /// When it expires.
    pub expires_at: UtcTime,
    /// Its last use, to the minute.
    pub last_used_at: Option<UtcTime>,
    /// Where it was last used from.
    pub last_used_ip: Option<String>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<UtcTime>,
    /// Who revoked it, if it was revoked.
    pub revoked_by: Option<String>,
}

impl Token {
    /// Whether it is valid at the time `now`: neither revoked nor expired.
    pub fn is_active(&self, now: UtcTime) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}
