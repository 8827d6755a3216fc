//! An entry of the audit log.

use crate::clock::UtcTime;

/// Who did what to which thing, when, and from where.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Entries are numbered from 1, without gaps.
    pub id: i64,
    /// When it happened.
    pub at: UtcTime,
    /// An email, `command line`, `Keyward`, or `nobody` before anyone signed in.
    pub actor: String,
    /// A noun and what happened to it, for instance `key.revoked`.
    pub action: String,
    /// The name of the thing: a label or an email.
    pub subject: String,
    /// The project it happened in, if any.
    pub project_id: Option<i64>,
    /// The key it happened to, if any.
    pub key_id: Option<i64>,
    /// The other key, when one key replaces another.
    pub related_key_id: Option<i64>,
    /// More details, as a JSON object. Never contains a secret.
    pub details: String,
    /// The address the request came from.
    pub client_ip: Option<String>,
}
