//! A person who may sign in.

use sha2::{Digest, Sha256};

use super::Grant;
use crate::clock::UtcTime;

/// A person who may sign in.
#[derive(Clone, Debug)]
pub struct User {
    /// The database id.
    pub id: i64,
    /// Lower case.
    pub email: String,
    /// A PHC string (argon2id).
    pub password_hash: String,
    /// When they were disabled; `None` if they are not.
    pub disabled_at: Option<UtcTime>,
    /// When they were invited or added.
    pub created_at: UtcTime,
    /// When they chose a password; `None` while they are only invited.
    pub joined_at: Option<UtcTime>,
    /// Rises with everything that ends short-lived tokens, such as another password.
    pub version: i64,
}

impl User {
    /// Identifies the password without revealing it. A session stores it, so that one started with
    /// an earlier password ends, even if it was being written while the password changed.
    pub fn stamp(&self) -> String {
        let digest = Sha256::digest(&self.password_hash);
        digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A person and their roles.
#[derive(Clone, Debug)]
pub struct Person {
    /// The person.
    pub user: User,
    /// Their roles.
    pub grants: Vec<Grant>,
}
