//! What is missing from counts of verifications.

use super::times::{Moment, plural};
use crate::clock::UtcTime;
use crate::domain::keys::UsageGap;

/// When not everything was recorded, and what is missing.
pub struct GapView {
    pub from: Moment,
    pub until: Moment,
    /// "1,204 requests were not counted".
    pub missing: Vec<String>,
}

impl GapView {
    pub fn new(gap: &UsageGap, now: UtcTime) -> Self {
        let missing = [
            (gap.requests, "not counted"),
            (gap.without_source, "counted without address and user agent"),
        ];
        let missing = missing.into_iter().filter(|(requests, _)| *requests > 0);
        GapView {
            from: Moment::new(gap.from, now),
            until: Moment::new(gap.until, now),
            missing: missing
                .map(|(requests, how)| format!("{} {how}", plural(requests, "request")))
                .collect(),
        }
    }
}
