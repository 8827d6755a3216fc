//! `Idempotency-Key`.

use time::Duration;

/// How long a call's answer is kept.
pub const REMEMBERED: Duration = Duration::hours(24);
