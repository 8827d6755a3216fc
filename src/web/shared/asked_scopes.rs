//! Which scopes were asked for lately, as pages show it.

use crate::clock::UtcTime;
use crate::domain::keys::AskedScopes;
use crate::web::shared::times::{Moment, grouped, plural};

/// What is known of the scopes that were asked for.
pub struct AskedView {
    /// Each with how many requests asked for it, the most often first.
    pub asked: Vec<(String, String)>,
    pub never: Vec<String>,
    /// How far this can be relied on.
    pub note: String,
}

impl AskedView {
    pub fn new(of: AskedScopes, now: UtcTime) -> Self {
        let note = note(&of, now);
        let is_known = of.since.is_some() && (of.without == 0 || !of.asked.is_empty());
        let asked = of.asked.into_iter();
        AskedView {
            asked: asked
                .map(|one| (one.scope, grouped(one.requests)))
                .collect(),
            never: if is_known { of.never } else { Vec::new() },
            note,
        }
    }

    /// How many requests asked for this scope.
    pub fn requests(&self, scope: &str) -> Option<&str> {
        let found = self.asked.iter().find(|(name, _)| name == scope);
        found.map(|(_, requests)| requests.as_str())
    }
}

fn note(of: &AskedScopes, now: UtcTime) -> String {
    let Some(since) = of.since else {
        return "No request has been counted yet, so nothing is known about the use of scopes."
            .into();
    };
    let since = Moment::new(since, now).exact;
    let without = plural(of.without, "request");
    match (of.without, of.asked.is_empty()) {
        (0, true) => format!("No request has passed since {since}."),
        (0, false) => format!("Counted since {since}, for at most 90 days."),
        (_, true) => format!(
            "Services ask without naming a scope ({without} since {since}), so it can’t be known \
             which scopes are used."
        ),
        (_, false) => format!(
            "Since {since}, {without} came without naming a scope, and may have needed any. A scope \
             that was never asked for may still be used."
        ),
    }
}
