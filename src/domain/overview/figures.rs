//! The overview in numbers.

use time::Duration;

use crate::db::key_list::{COUNTED, KeyFilter};
use crate::domain::keys::{self, Views};
use crate::domain::projects::usage;
use crate::domain::usage::Range;
use crate::domain::{DomainError, Op};
use crate::records::Project;

/// How far ahead the overview looks for keys that expire.
pub const AHEAD: Duration = Duration::days(30);

/// Numbers about the keys of some projects. Those of keys are counted up to [`COUNTED`] in each
/// project.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// The views of their lists.
    pub views: Views,
    /// Working keys that expire within 30 days.
    pub expiring: i64,
    /// How many requests passed in the last 24 hours.
    pub passed: i64,
    /// How many were refused in that time.
    pub refused: i64,
    /// Whether a count of keys may have stopped early.
    pub is_partial: bool,
}

/// The figures of `projects`.
///
/// # Errors
/// The actor may not see the keys of one of them.
pub fn figures(op: &mut Op, projects: &[Project]) -> Result<Figures, DomainError> {
    let mut figures = Figures::default();
    for project in projects {
        let views = keys::views(op, project)?;
        let soon = KeyFilter {
            expires_within: Some(AHEAD),
            ..KeyFilter::default()
        };
        let expiring = keys::count(op, project, &soon)?;
        figures.is_partial |= views.working == COUNTED;
        figures.views = figures.views.and(&views);
        figures.expiring += expiring;
        let lately = usage(op, project, Range::Day)?;
        figures.passed += lately.all_passed();
        figures.refused += lately.all_refused();
    }
    Ok(figures)
}
