//! An entry of the audit log, as it is read back.

use crate::clock::UtcTime;

/// Who did what to which thing, when, and from where.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Entries are numbered from 1, without gaps.
    pub id: i64,
    /// When it happened.
    pub at: UtcTime,
    /// An email, `command line`, or `nobody` before anyone signed in.
    pub actor: String,
    /// A noun and what happened to it, for instance `key.revoked`.
    pub action: String,
    /// The name of the thing: a label or an email.
    pub subject: String,
    /// The project it happened in, if it happened in one.
    pub project_id: Option<i64>,
    /// The key it happened to, if it was one.
    pub key_id: Option<i64>,
    /// The other key, where one replaces another.
    pub related_key_id: Option<i64>,
    /// What else is worth knowing, as a JSON object; never a secret.
    pub details: String,
    /// The address the request came from.
    pub client_ip: Option<String>,
}
