//! The lifetimes of records that expire.

use time::Duration;

/// How long a session lives without a request.
pub const SESSION_IDLE: Duration = Duration::minutes(30);
/// How long a session lives at most.
pub const SESSION: Duration = Duration::hours(12);
/// How long the answer to a call with an `Idempotency-Key` is kept.
pub const IDEMPOTENT_CALL: Duration = Duration::hours(24);
/// How long a link for choosing a password works.
pub const PASSWORD_LINK: Duration = Duration::hours(24);
/// How long a new secret waits for its reveal, and how long the reveal may show it.
pub const REVEAL: Duration = Duration::minutes(5);
/// How long a short-lived token is valid.
pub const SHORT_LIVED_TOKEN: Duration = Duration::minutes(15);
