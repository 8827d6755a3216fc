//! How many keys of a project are in each view of its list.

use super::list::{all_of, count};
use crate::access::Action;
use crate::db::key_list::{COUNTED, KeyFilter};
use crate::domain::{DomainError, Op};
use crate::records::{KeyState, Project, StateFilter};

/// How many keys are in each view, each number counted up to [`COUNTED`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Views {
    /// Whatever passes a verification.
    pub working: i64,
    /// Those that expire soon.
    pub expiring: i64,
    /// Those unused for a long time.
    pub dormant: i64,
    /// Those that ended and were presented since.
    pub tried: i64,
    /// Those whose owner is gone.
    pub orphaned: i64,
    /// All that need somebody; one key may do so for several reasons.
    pub attention: i64,
    /// Those that were revoked.
    pub revoked: i64,
}

impl Views {
    /// Both together.
    pub fn and(&self, other: &Views) -> Views {
        Views {
            working: self.working + other.working,
            expiring: self.expiring + other.expiring,
            dormant: self.dormant + other.dormant,
            tried: self.tried + other.tried,
            orphaned: self.orphaned + other.orphaned,
            attention: self.attention + other.attention,
            revoked: self.revoked + other.revoked,
        }
    }
}

/// The views of `project`.
///
/// # Errors
/// The actor may not see its keys.
pub fn views(op: &mut Op, project: &Project) -> Result<Views, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let mut matching = |state| {
        let filter = KeyFilter {
            state: Some(state),
            ..all_of(project)
        };
        count(op, project, &filter)
    };
    let revoked = match project.archived_at {
        Some(_) => project.key_count.min(COUNTED),
        None => matching(StateFilter::In(KeyState::Revoked))?,
    };
    let expired = matching(StateFilter::In(KeyState::Expired))?;
    // Exact if few have ended, which is usual.
    let working = match project.archived_at.is_none() && revoked.max(expired) < COUNTED {
        true => project.key_count - revoked - expired,
        false => matching(StateFilter::Working)?,
    };
    let expiring = matching(StateFilter::In(KeyState::Expiring))?;
    let dormant = matching(StateFilter::In(KeyState::Dormant))?;
    let tried = matching(StateFilter::Tried)?;
    let orphaned = matching(StateFilter::Orphaned)?;
    // No key is two of the others.
    let attention = match orphaned {
        0 => expiring + dormant + tried,
        _ => matching(StateFilter::Attention)?,
    };
    Ok(Views {
        working,
        expiring,
        dormant,
        tried,
        orphaned,
        attention: attention.min(COUNTED),
        revoked,
    })
}
