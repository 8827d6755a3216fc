//! A personal token.

use crate::clock::UtcTime;

/// Everything that is kept of a personal token, except its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Names it in the database.
    pub id: i64,
    /// Its owner.
    pub user_id: i64,
    /// What is kept in clear to recognise it.
    pub prefix: String,
    /// What its owner calls it.
    pub description: String,
    /// The names of what it may do.
    pub permissions: Vec<String>,
    /// The one project it is bound to; `None` is all.
    pub project_id: Option<i64>,
    /// When it was created.
    pub created_at: UtcTime,
    /// When it ends.
    pub expires_at: UtcTime,
    /// Its last use, to the minute.
    pub last_used_at: Option<UtcTime>,
    /// Where it was last used from.
    pub last_used_ip: Option<String>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<UtcTime>,
    /// Who revoked it.
    pub revoked_by: Option<String>,
}

impl Token {
    /// Whether it lets anything through at the time `now`.
    pub fn is_active(&self, now: UtcTime) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}
