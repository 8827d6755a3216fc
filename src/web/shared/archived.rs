//! That a project has ended.

use super::times::Moment;
use crate::clock::UtcTime;
use crate::records::Project;

/// When and by whom a project was archived, for `parts/archived.html`.
pub struct ArchivedView {
    pub at: Moment,
    pub by: String,
}

impl ArchivedView {
    /// `None` unless `project` is archived.
    pub fn of(project: &Project, now: UtcTime) -> Option<Self> {
        Some(ArchivedView {
            at: Moment::new(project.archived_at?, now),
            by: project.archived_by.clone().unwrap_or_default(),
        })
    }
}
