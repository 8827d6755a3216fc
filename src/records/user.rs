//! A person who may sign in.

use sha2::{Digest, Sha256};

use super::Grant;
use crate::clock::UtcTime;

/// A person who may sign in.
#[derive(Clone, Debug)]
pub struct User {
    /// Names them in the database.
    pub id: i64,
    /// Lower case.
    pub email: String,
    /// A PHC string (argon2id).
    pub password_hash: String,
    /// Since when they may not sign in, if they may not.
    pub disabled_at: Option<UtcTime>,
    /// When they were invited or added.
    pub created_at: UtcTime,
    /// When they chose a password; `None` while they are only invited.
    pub joined_at: Option<UtcTime>,
    /// Rises with another password, another role, and when they are disabled.
    pub version: i64,
}

impl User {
    /// Identifies the password without revealing it. A session keeps it, so that one that began
    /// with an earlier password ends even if it was being written when the password changed.
    pub fn stamp(&self) -> String {
        let digest = Sha256::digest(&self.password_hash);
        digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A person, and what they have been given.
#[derive(Clone, Debug)]
pub struct Person {
    /// The person.
    pub user: User,
    /// Their roles.
    pub grants: Vec<Grant>,
}
