//! The losses of the database's last changes that nobody has acknowledged.

use crate::access::Action;
use crate::db::{projects, rollbacks};
use crate::domain::{DomainError, Op};
use crate::records::{Project, Rollback};

/// How many keys a notice names.
const NAMED: usize = 20;

/// A loss, and what ended again because of it.
pub struct Notice {
    /// The loss.
    pub record: Rollback,
    /// The first keys that were revoked again: id, label, and slug of the project.
    pub keys: Vec<(i64, String, String)>,
    /// The projects that were archived again.
    pub projects: Vec<Project>,
}

/// What owners have to know, the latest first; nothing for anybody else.
///
/// # Errors
/// The database fails.
pub fn unacknowledged(op: &mut Op) -> Result<Vec<Notice>, DomainError> {
    if !op.actor().may(Action::ManageProjects, None) {
        return Ok(Vec::new());
    }
    let mut notices = Vec::new();
    for record in rollbacks::unacknowledged(op.conn())? {
        let named = &record.keys[..record.keys.len().min(NAMED)];
        let keys = rollbacks::named_keys(op.conn(), named)?;
        let mut archived = Vec::new();
        for id in &record.projects {
            archived.extend(projects::by_id(op.conn(), *id)?);
        }
        notices.push(Notice {
            record,
            keys,
            projects: archived,
        });
    }
    Ok(notices)
}
