//! An entry of the audit log, and how entries are chained.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::{UtcTime, serde_rfc3339};

/// A SHA-256.
pub type Hash = [u8; 32];

/// What the first entry has for the hash of the entry before it.
pub const NO_HASH: Hash = [0; 32];

/// Who did what to which thing, when, and from where.
///
/// The hash of an entry covers it as JSON, with its fields in this order. Never change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Entries are numbered from 1, without gaps.
    pub id: i64,
    /// When it happened.
    #[serde(with = "serde_rfc3339")]
    pub at: UtcTime,
    /// An email, `command line`, `Keyward`, or `nobody` before anyone signed in.
    pub actor: String,
    /// The person's id; `None` if the actor is not a person.
    pub actor_id: Option<i64>,
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
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// The id of the request in the log.
    pub request_id: Option<String>,
}

impl AuditEntry {
    /// The entry as JSON, as its hash covers it.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers")
    }
}

/// The hash of an entry: SHA-256 over the hash of the entry before it, and this one as
/// [`AuditEntry::json`]. Changing or removing an entry breaks every later one.
pub fn chained_hash(previous: &[u8], json: &[u8]) -> Hash {
    Sha256::new()
        .chain_update(previous)
        .chain_update(json)
        .finalize()
        .into()
}

/// An entry with its place in the chain.
#[derive(Clone, Debug)]
pub struct ChainedEntry {
    /// What it says.
    pub entry: AuditEntry,
    /// The hash of the entry before it.
    pub previous_hash: Vec<u8>,
    /// Its own hash.
    pub hash: Vec<u8>,
}
