//! A loss of the database's last changes.

use crate::clock::UtcTime;

/// The database lost its last changes, in a failover or because a backup was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// The audit entry that tells of it.
    pub entry: i64,
    /// When an instance noticed.
    pub at: UtcTime,
    /// The first lost entry that is known of.
    pub lost_from: i64,
    /// The last lost entry that the instance knew.
    pub last_known: i64,
    /// Whether none before `lost_from` was lost.
    pub is_exact: bool,
    /// The keys that were revoked again.
    pub keys: Vec<i64>,
    /// The projects that were archived again.
    pub projects: Vec<i64>,
    /// Who acknowledged it, if somebody did.
    pub acknowledged_by: Option<String>,
}

impl Rollback {
    /// The lost entries in words: "entries 101 to 105".
    pub fn entries(&self) -> String {
        match self.last_known - self.lost_from {
            0 => format!("entry {}", self.last_known),
            _ => format!("entries {} to {}", self.lost_from, self.last_known),
        }
    }

    /// How many entries are missing, or how many at least if `is_exact` is false.
    pub fn missing(&self) -> i64 {
        self.last_known - self.lost_from + 1
    }
}
