//! A signed statement of the audit log's length and hash.

use crate::clock::UtcTime;

/// What the log held at a time, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The number of the last entry.
    pub entry: i64,
    /// Whether the entries up to this one were deleted afterwards.
    pub is_cut: bool,
    /// When it was signed.
    pub at: UtcTime,
    /// The hash of the last entry.
    pub hash: Vec<u8>,
    /// The statement with its signature, as text.
    pub note: String,
}
