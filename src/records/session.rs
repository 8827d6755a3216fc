//! A signed-in person's session, as the database keeps it.

use crate::clock::UtcTime;

/// A session as it is stored.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// SHA-256 of the id in the cookie.
    pub digest: Vec<u8>,
    /// The signed-in person.
    pub user_id: i64,
    /// The session's data, as JSON.
    pub state: String,
    /// When the person signed in.
    pub created_at: UtcTime,
    /// The last request, to the minute.
    pub last_seen_at: UtcTime,
    /// The address the person signed in from.
    pub client_ip: Option<String>,
    /// The browser the person signed in with.
    pub user_agent: Option<String>,
}
