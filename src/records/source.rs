//! Where a key is used from.

use crate::clock::UtcTime;

/// An address and user agent that a key was presented from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Empty if unknown.
    pub ip: String,
    /// Empty if unknown.
    pub user_agent: String,
    /// The first request from there.
    pub first_seen: UtcTime,
    /// The latest request from there.
    pub last_seen: UtcTime,
    /// How many requests passed.
    pub passed: i64,
    /// How many requests were refused.
    pub refused: i64,
    /// The latest refusal.
    pub refused_at: Option<UtcTime>,
    /// The code of the latest refusal.
    pub refusal: Option<String>,
}
